import { eventually } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { pod, type RigOptions, settled, startRig } from './support.js';

const status = (name: string) => ({ UID: `uid-${name}`, Name: name, Status: { phase: 'Running' } });

async function seeded(options: RigOptions) {
  const rig = await startRig({ podStatusSyncIntervalMs: 1000, ...options });
  await rig.seed('default/podstatus/a', 'podstatus', status('a'));
  await rig.seed('default/podstatus/b', 'podstatus', status('b'));
  await rig.seed('kube-system/podstatus/c', 'podstatus', status('c'));
  await rig.seed('default/podstatus/broken', 'podstatus', '{"UID"');
  await rig.seed('default/podstatus/answer', 'podstatus', '"OK"');
  for (const name of ['a', 'broken', 'answer']) await rig.seed(`default/pod/${name}`, 'pod', pod(name));
  await rig.seed('kube-system/pod/c', 'pod', pod('c'));
  return rig;
}

describe('the pod status list of a 2020 cloud', () => {
  test('one message per namespace; statuses of pods that are gone go too (§12.4)', async () => {
    const rig = await seeded({ cloud: '2020' });
    await eventually(() => rig.up.length === 2);
    expect(rig.up).toEqual([
      expect.objectContaining({
        source: 'metaManager',
        group: 'resource',
        operation: 'update',
        resource: 'default/podstatus',
        content: [status('a')],
        sync: false,
      }),
      expect.objectContaining({ resource: 'kube-system/podstatus', content: [status('c')] }),
    ]);
    expect(await rig.keys()).not.toContain('default/podstatus/b');
    expect(await rig.keys()).toContain('default/podstatus/a');
  });

  test('without a cloud the rows are still put in order, and nothing is sent', async () => {
    const rig = await seeded({ cloud: '2020', connected: false });
    await eventually(async () => !(await rig.keys()).includes('default/podstatus/b'));
    await settled(rig);
    expect(rig.up).toEqual([]);
  });

  test('today’s cloud gets none', async () => {
    const rig = await seeded({ cloud: 'current' });
    const old = await seeded({ cloud: '2020' });
    await eventually(() => old.up.length === 2);
    await settled(rig);
    expect(rig.up).toEqual([]);
    expect(await rig.keys()).toContain('default/podstatus/b');
  });
});
