import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FakeRuntime } from '../support/fake-runtime.js';
import { Harness, podObject } from '../support/harness.js';
import { ManualClock } from '../support/manual-clock.js';

let directory: string;
let runtime: FakeRuntime;
let edged: Harness;

beforeEach(async () => {
  directory = await tempDir();
  const clock = new ManualClock();
  runtime = new FakeRuntime(clock);
  edged = new Harness({ runtime, clock, directory, maxPods: 2, random: () => 0, cgroupsPerQos: false });
});
afterEach(() => edged.stop());

const claim = (hostPort?: number) =>
  podObject(
    {
      containers: [
        { name: 'c', image: 'busybox:1', ports: [{ containerPort: 80, hostPort: hostPort ?? 0 }] },
      ],
    },
    { name: `p${claimed++}` },
  );
let claimed = 0;

/** What an earlier run left takes long to read, and says nothing. */
async function slow({ metadata }: { metadata: { uid: string } }): Promise<void> {
  const pod = join(directory, 'root/pods', metadata.uid);
  await mkdir(pod, { recursive: true });
  await writeFile(join(pod, 'status.json'), Buffer.alloc(16 * 2 ** 20, ' '));
}

test('of pods with one host port the first gets it, however close they come', async () => {
  const pods = Array.from({ length: 10 }, () => claim(8080));
  await Promise.all(pods.map((pod) => edged.insert(pod)));
  await edged.until(pods[0]!, ({ phase }) => phase === 'Running');
  for (const pod of pods.slice(1)) {
    expect(await edged.until(pod, ({ phase }) => phase === 'Failed')).toMatchObject({ reason: 'NodePorts' });
  }
});

test('the last pod is one too many, and one that was refused takes up no room', async () => {
  const pods = [claim(8080), claim(8080), claim(), claim()];
  await slow(pods[0]!);
  for (const pod of pods) await edged.insert(pod);
  await edged.until(pods[2]!, ({ phase }) => phase === 'Running');
  expect(await edged.until(pods[3]!, ({ phase }) => phase === 'Failed')).toMatchObject({
    reason: 'OutOfpods',
  });
  await edged.until(pods[0]!, ({ phase }) => phase === 'Running');
  expect(edged.status(pods[1]!)).toMatchObject({ phase: 'Failed', reason: 'NodePorts' });
});

test('a pod that is deleted before its turn does not hold up the next', async () => {
  const [first, second] = [claim(8080), claim(8080)];
  await slow(first);
  await edged.insert(first);
  await edged.delete(first);
  await edged.insert(second);
  await edged.until(second, ({ phase }) => phase === 'Running');
});
