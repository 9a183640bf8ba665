import { goldenHub, tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import type { PodStatus } from '../../src/kube-types.js';
import { parsePod } from '../../src/pods/parse-pod.js';
import { legacyPodStatus } from '../../src/report/legacy-status.js';
import { FakeRuntime } from '../support/fake-runtime.js';
import { Harness, type PodObject } from '../support/harness.js';
import { ManualClock } from '../support/manual-clock.js';

const RECORDINGS = [
  ['2020', 'pod-lifecycle.jsonl'],
  ['2020', 'pod-with-configmap-secret.jsonl'],
  ['2020', 'pod-status-variants.jsonl'],
  ['2020', 'pod-sandbox-failure.jsonl'],
  ['v1.23', 'pod-lifecycle.jsonl'],
  ['v1.23', 'pod-failed.jsonl'],
  ['v1.23', 'pod-with-configmap-secret-token.jsonl'],
] as const;

/** Pods the cloud sent, by operation. */
function sentPods(cloud: '2020' | 'v1.23', file: string, operations: readonly string[]) {
  return goldenHub(cloud, file).filter(({ dir, message }) => {
    const { resource = '', operation = '' } = message.route;
    return dir === 'down' && resource.split('/')[1] === 'pod' && operations.includes(operation);
  });
}

describe('pods as real clouds send them', () => {
  test.each(RECORDINGS)('%s %s can be read', (cloud, file) => {
    const sent = sentPods(cloud, file, ['insert', 'update']);
    expect(sent.length).toBeGreaterThan(0);
    for (const { message } of sent) {
      const pod = parsePod(message.content);
      expect(pod.metadata.uid).toBe((message.content as PodObject).metadata.uid);
      expect(pod.spec.containers[0]?.name).toBeTruthy();
    }
  });

  test('the recorded pod of 2020 runs, and its status has the keys of the Go edge', async () => {
    const clock = new ManualClock();
    const runtime = new FakeRuntime(clock);
    const pod = sentPods('2020', 'pod-lifecycle.jsonl', ['insert'])[0]!.message.content as PodObject;
    for (const { image } of pod.spec.containers) runtime.images.add(image!);
    const edged = new Harness({
      runtime,
      clock,
      directory: await tempDir(),
      nodeName: pod.spec.nodeName!,
      cgroupsPerQos: false,
    });
    try {
      edged.objects.token = undefined;
      await edged.insert(pod);
      await clock.until(() => edged.status(pod)?.phase === 'Running');
      const ours = legacyPodStatus(parsePod(pod), edged.status(pod)!);
      const recorded = goldenHub('2020', 'pod-lifecycle.jsonl')
        .filter(({ dir, message: up }) => dir === 'up' && up.route.resource?.includes('/podstatus/'))
        .map(({ message: up }) => up.content as { UID: string; Name: string; Status: PodStatus })
        .find(({ UID, Status }) => UID === pod.metadata.uid && Status.phase === 'Running')!;
      expect(keys(ours)).toEqual(keys(recorded));
      expect(ours.Name).toBe(recorded.Name);
      expect(ours.Status['qosClass']).toBe(recorded.Status.qosClass);
    } finally {
      await edged.stop();
    }
  });
});

function keys(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((one) => keys(one, `${path}[]`)))].sort();
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value)
    .flatMap(([key, one]) => keys(one, `${path}.${key}`))
    .sort();
}
