import { isNotFound, MutableCloudLink, profile2020 } from '@edgecore/api';
import { createBus, responseTo } from '@edgecore/beehive';
import { createMetaClient } from '@edgecore/metaclient';

// A stand-in for MetaManager: it knows one config map, as a row of its database.
const bus = createBus();
const metaManager = bus.join('metamanager', 'meta');
const answering = (async () => {
  for await (const request of metaManager.receive()) {
    const row = '{"metadata":{"name":"settings"},"data":{"mode":"eco"}}';
    const rows = request.resource.endsWith('/settings') ? [row] : [];
    metaManager.deliver(responseTo(request, rows, { source: 'metamanager' }));
  }
})();

const me = bus.join('edged');
const link = new MutableCloudLink({ connected: true, profile: profile2020 });
const meta = createMetaClient({ ctx: me, link });
console.log((await meta.configMaps.get('default', 'settings'))['data']);
console.log(await meta.configMaps.get('default', 'other').catch((error) => isNotFound(error)));

me.close();
metaManager.close();
await answering;
await bus.stop();
