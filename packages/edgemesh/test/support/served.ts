import { endpointsAt } from './backends.js';
import { service } from './objects.js';
import { Rig, type RigOptions } from './rig.js';

export const PORT = { name: 'tcp-echo', protocol: 'TCP', port: 7000, targetPort: 7 };

/** A service without selector, so that its endpoints can be anywhere on loopback. */
export async function served(
  ports: readonly number[],
  options: RigOptions = {},
  change = {},
): Promise<[Rig, number]> {
  const rig = await Rig.start(options);
  await rig.down('insert', 'default/endpoints/echo', endpointsAt('echo', ports));
  await rig.down(
    'insert',
    'default/service/echo',
    service('echo', { selector: {}, ports: [PORT], ...change }),
  );
  return [rig, rig.portOf('9.251.0.1', 7000)];
}
