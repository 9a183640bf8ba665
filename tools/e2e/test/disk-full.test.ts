import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { isRecord } from '@edgecore/api';
import type { StoredObject } from '@edgecore/minicloud';
import { eventually, withDocker } from '@edgecore/testing';
import { afterEach, expect, test } from '@jest/globals';
import { conditionOf, EdgeSite } from '../support/edge-site.js';
import { podsDirectory } from '../support/node-config.js';
import { testPod } from '../support/test-pod.js';

const describeDocker = await withDocker();

let site: EdgeSite | undefined;

afterEach(async () => {
  await site?.close();
  site = undefined;
});

/** A pod with a volume on the node's disk, and what it does first. */
function podWithDisk(name: string, node: string, command: string) {
  const pod = testPod({ name, node });
  const [main] = pod.spec.containers;
  return {
    ...pod,
    spec: {
      ...pod.spec,
      volumes: [{ name: 'disk', emptyDir: {} }],
      containers: [
        {
          ...main,
          command: ['/bin/sh', '-c', `${command}; ${main!.command[2]}`],
          volumeMounts: [{ name: 'disk', mountPath: '/disk' }],
        },
      ],
    },
  };
}

function statusOf(pod: StoredObject | undefined): Readonly<Record<string, unknown>> {
  const status = pod?.['status'];
  return isRecord(status) ? status : {};
}

describeDocker('a pod fills the disk of the node', () => {
  test('the cloud sees the pressure and the eviction; the other pods run on', async () => {
    const here = await EdgeSite.open({
      engine: 'docker',
      profile: 'current',
      nodeStatusSeconds: 1,
      evictionHard:
        'nodefs.available: 25%, nodefs.inodesFree: 0%, imagefs.available: 0%, imagefs.inodesFree: 0%',
    });
    site = here;
    const disk = podsDirectory(here.dir);
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', disk]);
    here.startAgent();
    await here.nodeReady('True');
    await here.cloud.apply(podWithDisk('modest', here.node, 'echo x > /disk/file'));
    await here.podRunning('modest');
    await here.cloud.apply(podWithDisk('greedy', here.node, 'cat /dev/zero > /disk/file'));
    const evicted = await eventually(
      () => {
        const status = statusOf(here.pod('greedy'));
        return status['phase'] === 'Failed' ? status : undefined;
      },
      { timeoutMs: 40_000, what: 'the end of the greedy pod' },
    );
    expect(evicted).toMatchObject({
      reason: 'Evicted',
      message: expect.stringMatching(
        /^The node was low on resource: ephemeral-storage\. Threshold quantity: 8Mi, available: \d+(Ki|Mi)?\.$/,
      ),
    });
    await eventually(
      () => conditionOf(here.cloud.get('Node', '', here.node), 'DiskPressure')?.status === 'True',
      { timeoutMs: 10_000 },
    );
    await here.podRunning('modest');
    await here.stopAgent();
  }, 90_000);
});
