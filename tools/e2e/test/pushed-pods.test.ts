import { createEdgeCore, type EdgeCore } from '@edgecore/edgecore';
import { BUSYBOX_IMAGE, eventually, tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type EngineView, engineView } from '../support/engines.js';
import { nodeConfig } from '../support/node-config.js';
import { RawHub, type RawLink, wireMessage } from '../support/raw-hub.js';
import { testPod } from '../support/test-pod.js';

const NODE = 'edge-pushed';

let hub: RawHub;
let core: EdgeCore | undefined;
let engine: EngineView;
let link: RawLink;

beforeEach(async () => {
  hub = await RawHub.start();
  const dir = await tempDir();
  engine = engineView('process', NODE, dir);
  const config = await nodeConfig({
    dir,
    nodeName: NODE,
    format: 'v1alpha2',
    httpsPort: hub.httpsPort,
    hubPort: hub.hubPort,
    token: hub.token,
    runtime: 'process',
    cloudProfile: 'current',
  });
  core = createEdgeCore(config);
  await core.start();
  link = await eventually(() => hub.links[0], { what: 'a connection' });
});
afterEach(async () => {
  await core?.stop();
  await engine.clean();
  await hub.close();
});

function pod(name: string, uid: string): object {
  const made = testPod({ name, node: NODE, image: BUSYBOX_IMAGE });
  return { ...made, metadata: { ...made.metadata, uid, resourceVersion: '12' } };
}

async function confirmed(id: string, timeoutMs = 10_000): Promise<void> {
  await eventually(() => link.answersTo(id).length > 0, { timeoutMs, what: `confirmation of ${id}` });
  expect(link.answersTo(id)).toMatchObject([{ route: { operation: 'response' }, content: 'OK' }]);
}

const running = async (uid: string) =>
  (await engine.list()).filter((one) => one.podUid === uid && one.name === 'main' && one.running);

test('an update of a pod never seen starts it; a bare delete stops the pod with that uid and no other (compat.md §8.3, §8.4)', async () => {
  link.send(wireMessage('new', ['update', 'default/pod/web-2'], pod('web-2', 'uid-web-2')));
  await confirmed('new', 1000);
  const [started] = await eventually(
    async () => {
      const found = await running('uid-web-2');
      return found.length === 1 ? found : undefined;
    },
    { what: 'the container of the pod' },
  );

  const bare = (uid: string) => ({ metadata: { name: 'web-2', namespace: 'default', uid } });
  link.send(wireMessage('other', ['delete', 'default/pod/web-2'], bare('uid-of-another')));
  await confirmed('other');
  // Behind it in the order of edged's inbox: when this pod runs, the delete was dealt with.
  link.send(wireMessage('behind', ['insert', 'default/pod/behind'], pod('behind', 'uid-behind')));
  await confirmed('behind');
  await eventually(async () => (await running('uid-behind')).length === 1, { what: 'the pod behind' });
  expect(await running('uid-web-2')).toEqual([started]);

  link.send(wireMessage('own', ['delete', 'default/pod/web-2'], bare('uid-web-2')));
  await confirmed('own');
  await eventually(async () => (await running('uid-web-2')).length === 0, { what: 'the end of the pod' });
  expect(await running('uid-behind')).toHaveLength(1);
});
