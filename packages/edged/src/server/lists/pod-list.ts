import type { ContainerRuntime } from '@edgecore/container-runtime';
import { rfc3339 } from '../../ports/clock.js';
import type { PodSnapshot } from '../../ports/status-sink.js';

/** `/pods`: the pods of this node with their status as edged knows it. */
export function podList(pods: readonly PodSnapshot[]): object {
  return list(
    pods.map(({ pod: { problems: _, ...pod }, status }) => ({
      kind: 'Pod',
      apiVersion: 'v1',
      ...pod,
      ...(status && { status }),
    })),
  );
}

/** `/runningpods/`: what the engine runs, with no more than it knows of a pod. */
export async function runningPods(runtime: ContainerRuntime): Promise<object> {
  const [sandboxes, containers] = await Promise.all([runtime.listSandboxes(), runtime.listContainers()]);
  const running = containers.filter(({ state }) => state === 'running');
  const uids = new Set([
    ...sandboxes.filter(({ state }) => state === 'ready').map(({ pod }) => pod.uid),
    ...running.map(({ pod }) => pod.uid),
  ]);
  return list(
    [...uids].map((uid) => {
      const own = running.filter(({ pod }) => pod.uid === uid);
      const sandbox = sandboxes.find(({ pod }) => pod.uid === uid);
      const { name, namespace } = (sandbox ?? own[0])!.pod;
      const createdAt = sandbox?.createdAt ?? own[0]!.createdAt;
      return {
        metadata: { name, namespace, uid, creationTimestamp: rfc3339(createdAt) },
        spec: {
          containers: own.map(({ name: container, image }) => ({ name: container, image, resources: {} })),
        },
        status: {},
      };
    }),
  );
}

/** Go writes an empty list as `null`. */
function list(items: readonly object[]): object {
  return { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: items.length === 0 ? null : items };
}
