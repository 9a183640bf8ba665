import { afterEach, describe, test } from '@jest/globals';
import { EdgeSite } from '../support/edge-site.js';
import { testPod } from '../support/test-pod.js';

let site: EdgeSite | undefined;

afterEach(async () => {
  await site?.close();
  site = undefined;
});

describe('SIGTERM while the agent is busy with pods', () => {
  test.each([0, 30, 100, 300])(
    '%d ms after the cloud has forgotten one: exit code 0',
    async (ms) => {
      const here = await EdgeSite.open({ engine: 'process', profile: 'current' });
      site = here;
      here.startAgent();
      await here.nodeReady('True');
      await here.cloud.apply(testPod({ name: 'one', node: here.node }));
      await here.podRunning('one');
      await here.cloud.delete('Pod', 'default', 'one');
      await here.podGone('one');
      await new Promise((resolve) => setTimeout(resolve, ms));
      await here.stopAgent();
    },
    40_000,
  );

  test.each([100, 400])(
    '%d ms into the start of one: exit code 0',
    async (ms) => {
      const here = await EdgeSite.open({ engine: 'process', profile: '2020' });
      site = here;
      here.startAgent();
      await here.nodeReady('True');
      await here.cloud.apply(testPod({ name: 'one', node: here.node, containers: ['main', 'side'] }));
      await new Promise((resolve) => setTimeout(resolve, ms));
      await here.stopAgent();
    },
    40_000,
  );
});
