import type { CloudProfileName, CloudProfileSetting } from '@edgecore/api';
import { ensureTestImages, eventually, withDocker } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { containersOf, EdgeSite, phaseOf } from '../support/edge-site.js';
import { testPod } from '../support/test-pod.js';

interface Case {
  readonly format: 'v1alpha1' | 'v1alpha2';
  readonly cloud: CloudProfileName;
  readonly setting: CloudProfileSetting | undefined;
}

// Without a setting each format takes the cloud of its time for granted.
const CASES: readonly Case[] = [
  { format: 'v1alpha1', cloud: '2020', setting: undefined },
  { format: 'v1alpha1', cloud: 'current', setting: undefined },
  { format: 'v1alpha1', cloud: 'current', setting: 'current' },
  { format: 'v1alpha2', cloud: 'current', setting: undefined },
  { format: 'v1alpha2', cloud: '2020', setting: '2020' },
  { format: 'v1alpha1', cloud: 'current', setting: 'auto' },
  { format: 'v1alpha2', cloud: '2020', setting: 'auto' },
];

const describeDocker = await withDocker();
/** A pod from its creation to its end. */
async function lifeOfAPod({ format, cloud, setting }: Case, engine: 'docker' | 'process'): Promise<void> {
  const here = await EdgeSite.open({
    engine,
    format,
    profile: cloud,
    ...(setting === undefined ? {} : { cloudProfile: setting }),
  });
  try {
    await live(here, engine);
  } finally {
    await here.close();
  }
}

async function live(here: EdgeSite, engine: 'docker' | 'process'): Promise<void> {
  const agent = here.startAgent();
  await agent.says(`edgecore runs as node ${here.node}`);
  // Finding out that a cloud is 2020's takes two questions that are not answered, 10 s each.
  await here.nodeReady('True', 45_000);
  await here.cloud.apply(testPod({ name: 'one', node: here.node }));
  const pod = await here.podRunning('one');
  const found = (await here.engine.list()).filter(({ podUid }) => podUid === pod.metadata.uid);
  expect(found.map(({ name, running }) => ({ name, running }))).toEqual(
    expect.arrayContaining([
      { name: 'POD', running: true },
      { name: 'main', running: true },
    ]),
  );
  expect(found).toHaveLength(2);
  expect(containersOf(pod)).toMatchObject([{ name: 'main', restartCount: 0, ready: true }]);
  expect(containersOf(pod)[0]?.containerID).toBe(
    `${engine}://${found.find(({ name }) => name === 'main')?.id}`,
  );
  expect((await here.status()).link).toMatchObject({ connected: true });

  await here.cloud.delete('Pod', 'default', 'one');
  await here.podGone('one');
  expect(phaseOf(here.pod('one'))).toBeUndefined();
  // The cloud is told when the containers have stopped; they are removed after that.
  await eventually(async () => (await here.engine.list()).length === 0, { what: 'an empty engine' });
  await here.stopAgent();
}

describe('edgecore start --config', () => {
  // Side by side: most of the time goes by waiting for the cloud that never answers.
  test.concurrent.each(CASES)(
    '$format, cloudProfile $setting, at a $cloud cloud: a pod from creation to deletion',
    (row) => lifeOfAPod(row, 'process'),
    90_000,
  );
});

describeDocker('edgecore start --config, on Docker', () => {
  test.each([CASES[0]!, CASES[3]!])(
    '$format at a $cloud cloud',
    async (row) => {
      await ensureTestImages();
      await lifeOfAPod(row, 'docker');
    },
    90_000,
  );
});
