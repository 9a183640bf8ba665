import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MutableCloudLink } from '@edgecore/api';
import { BUSYBOX_IMAGE, docker, eventually, withDocker } from '@edgecore/testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { PodSnapshot } from '../../src/ports/status-sink.js';
import { DockerFixture } from '../support/docker-fixture.js';
import type { Harness, HarnessOptions } from '../support/harness.js';

const describeDocker = await withDocker();

/** Ends at once when told to. */
const forever = (script: string) => `trap "exit 0" TERM; ${script} & wait $!`;

/** No cloud was ever reached: nobody knows which one it is, and no pod list has come. */
describeDocker('checklist: static pods without a cloud', () => {
  let fixture: DockerFixture;
  let edged: Harness;
  let manifests: string;

  beforeEach(async () => {
    fixture = await DockerFixture.create();
    manifests = join(fixture.directory, 'manifests');
    await mkdir(manifests);
  });
  afterEach(() => fixture.close());

  const start = async (options: Partial<HarnessOptions> = {}) => {
    edged = await fixture.start({
      staticPodPath: manifests,
      link: new MutableCloudLink({ connected: false }),
      relistMs: 200,
      ...options,
    });
  };
  const manifest = (name: string, script: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: fixture.namespace },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'c',
          image: BUSYBOX_IMAGE,
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '-c', forever(script)],
        },
      ],
    },
  });
  /** YAML takes JSON after a comment, too. */
  const write = (file: string, name: string, script: string) =>
    writeFile(join(manifests, file), `# ${file}\n${JSON.stringify(manifest(name, script), null, 2)}\n`);

  const find = (name: string, script: string): PodSnapshot | undefined =>
    edged.edged
      .pods()
      .find(
        ({ pod, status }) =>
          pod.metadata.name === `${name}-edge-1` &&
          pod.spec.containers[0]?.command?.[2] === forever(script) &&
          status?.phase === 'Running',
      );
  const running = (name: string, script: string) =>
    eventually(() => find(name, script), { timeoutMs: 20_000, what: `${name} to run "${script}"` });
  const inspect = async ({ pod: { metadata } }: PodSnapshot, container = 'c') =>
    JSON.parse(
      await docker('inspect', `k8s_${container}_${metadata.name}_${metadata.namespace}_${metadata.uid}_0`),
    )[0];

  test('#95 a file added, edited, replaced, broken, corrected and removed', async () => {
    await write('.hidden.yaml', 'hidden', 'sleep 600');
    await mkdir(join(manifests, 'sub'));
    await write('web.yaml', 'web', 'sleep 601');
    await start();
    const first = await running('web', 'sleep 601');
    const { uid } = first.pod.metadata;
    const sandbox = await inspect(first, 'POD');
    expect(sandbox.Config.Labels).toMatchObject({
      'io.kubernetes.pod.name': 'web-edge-1',
      'annotation.kubernetes.io/config.hash': uid,
      'annotation.kubernetes.io/config.source': 'file',
    });
    expect((await inspect(first)).Config.Entrypoint).toEqual(['sh', '-c', forever('sleep 601')]);

    // Added while it runs; a broken neighbour disturbs neither.
    await writeFile(join(manifests, 'broken.yaml'), 'kind: [');
    await writeFile(join(manifests, 'two.json'), JSON.stringify(manifest('two', 'sleep 602')));
    const second = await running('two', 'sleep 602');

    // Edited in place: a new uid; the other pod's container stays.
    const before = (await inspect(second)).Id;
    await write('web.yaml', 'web', 'sleep 603');
    const edited = await running('web', 'sleep 603');
    expect(edited.pod.metadata.uid).not.toBe(uid);
    // Replaced as editors do.
    await write('.web.new', 'web', 'sleep 604');
    await rename(join(manifests, '.web.new'), join(manifests, 'web.yaml'));
    const replaced = await running('web', 'sleep 604');
    expect((await inspect(second)).Id).toBe(before);

    // It became bad: the last good version goes on, and the removal of the neighbour is still seen.
    const good = (await inspect(replaced)).Id;
    await writeFile(join(manifests, 'web.yaml'), 'kind: Pod\n');
    await rm(join(manifests, 'two.json'));
    await eventually(async () => (await fixture.containers()).length === 2, { timeoutMs: 20_000 });
    expect(await inspect(replaced)).toMatchObject({ Id: good, State: { Running: true } });
    expect(find('hidden', 'sleep 600')).toBeUndefined();
    await rm(join(manifests, 'web.yaml'));
    await eventually(async () => (await fixture.containers()).length === 0, { timeoutMs: 20_000 });
    // Nothing of all this is for a cloud.
    expect([...edged.reporter.statuses.keys(), ...edged.reporter.forgotten]).toEqual([]);
  });

  test('an agent that starts again adopts the containers, also when a file has become unreadable meanwhile', async () => {
    await write('web.yaml', 'web', 'sleep 601');
    await write('two.yaml', 'two', 'sleep 602');
    await start();
    const ids = async (...pods: PodSnapshot[]) =>
      Promise.all(pods.map(async (pod) => (await inspect(pod)).Id));
    const web = await running('web', 'sleep 601');
    const two = await running('two', 'sleep 602');
    const before = await ids(web, two);
    await edged.stop();

    await writeFile(join(manifests, 'two.yaml'), 'kind: [');
    await start();
    await running('web', 'sleep 601');
    // Several relists: nobody can tell that these containers are those of the broken file, so they stay.
    await write('new.yaml', 'new', 'sleep 603');
    await running('new', 'sleep 603');
    expect(await ids(web, two)).toEqual(before);

    await write('two.yaml', 'two', 'sleep 602');
    await running('two', 'sleep 602');
    expect(await ids(web, two)).toEqual(before);
    // Removed and put back at once: it starts again.
    await rm(join(manifests, 'web.yaml'));
    await eventually(() => !find('web', 'sleep 601'), { what: 'the pod to leave' });
    await write('web.yaml', 'web', 'sleep 601');
    await eventually(async () => (await inspect(web).catch(() => before[0])).Id !== before[0], {
      timeoutMs: 20_000,
      what: 'a new container',
    });
  });
});
