import type {
  CgroupStats,
  Container,
  ContainerRuntime,
  ContainerStats,
  PodIdentity,
  Sandbox,
} from '@edgecore/container-runtime';
import type { Pod } from '../../kube-types.js';
import type { PodSnapshot } from '../../ports/status-sink.js';

export interface ContainerSample {
  readonly container: Container;
  readonly stats: ContainerStats;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Figures of a pod's running containers. */
export interface PodSample {
  readonly identity: PodIdentity;
  /** Absent for a pod only the engine knows. */
  readonly pod?: Pod;
  readonly startedAt: number;
  readonly containers: readonly ContainerSample[];
  /** Of the sandbox, where it is a process too: its networks are the pod's. */
  readonly sandbox?: ContainerStats;
}

/**
 * Questions to the engine at a time. Each may have to wait up to a second for
 * the engine's next round (Docker before 25, where the kernel cannot be asked
 * instead), and costs next to nothing while it waits.
 */
const AT_ONCE = 64;

/** Asks the engine about everything that runs. A container that ends meanwhile is left out. */
export async function samplePods(
  runtime: ContainerRuntime,
  snapshots: readonly PodSnapshot[],
): Promise<PodSample[]> {
  const [sandboxes, containers] = await Promise.all([runtime.listSandboxes(), runtime.listContainers()]);
  const running = containers.filter(({ state }) => state === 'running');
  const ready = newestOfPods(sandboxes.filter(({ state }) => state === 'ready'));
  const ids = [...running.map(({ id }) => id), ...[...ready.values()].map(({ id }) => id)];
  const stats = await statsOf(runtime, ids);
  const identities = new Map([...ready.values(), ...running].map(({ pod }) => [pod.uid, pod]));
  return [...identities.values()].map((identity) => {
    const snapshot = snapshots.find(({ pod }) => pod.metadata.uid === identity.uid);
    const sandbox = ready.get(identity.uid);
    const own = running.filter(({ pod, id }) => pod.uid === identity.uid && stats.has(id));
    const sandboxStats = sandbox && stats.get(sandbox.id);
    return {
      identity,
      ...(snapshot && { pod: snapshot.pod }),
      startedAt:
        Date.parse(snapshot?.status?.startTime ?? '') || (sandbox?.createdAt ?? own[0]?.createdAt ?? 0),
      containers: own.map((container) => ({
        container,
        stats: stats.get(container.id)!,
        startedAt: startOf(container, snapshot),
      })),
      ...(sandboxStats && { sandbox: sandboxStats }),
    };
  });
}

function newestOfPods(sandboxes: readonly Sandbox[]): Map<string, Sandbox> {
  const newest = new Map<string, Sandbox>();
  for (const sandbox of sandboxes) {
    const { uid } = sandbox.pod;
    if ((newest.get(uid)?.attempt ?? -1) < sandbox.attempt) newest.set(uid, sandbox);
  }
  return newest;
}

async function statsOf(
  runtime: ContainerRuntime,
  ids: readonly string[],
): Promise<Map<string, ContainerStats>> {
  const found = new Map<string, ContainerStats>();
  const rest = [...ids];
  const work = async () => {
    for (let id = rest.shift(); id !== undefined; id = rest.shift()) {
      const stats = await runtime.stats(id).catch(() => undefined);
      if (stats) found.set(id, stats);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

function startOf({ name, createdAt }: Container, snapshot: PodSnapshot | undefined): number {
  const statuses = [
    ...(snapshot?.status?.containerStatuses ?? []),
    ...(snapshot?.status?.initContainerStatuses ?? []),
    ...(snapshot?.status?.ephemeralContainerStatuses ?? []),
  ];
  const started = statuses.find((status) => status.name === name)?.state.running?.startedAt;
  return Date.parse(started ?? '') || createdAt;
}

export interface PodTotals {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly cpuNanoseconds: bigint;
  readonly usageBytes: number;
  readonly workingSetBytes: number;
  readonly rssBytes: number;
  readonly pageFaults: number;
  readonly majorPageFaults: number;
  readonly processes: number;
}

/**
 * What a pod takes: what its cgroup has counted, which a container that starts
 * anew does not set back; where there is none to be seen, what its containers
 * and its sandbox have counted together. `undefined` when nothing of it could
 * be measured.
 */
export function podTotals({ containers, sandbox }: PodSample): PodTotals | undefined {
  const parts = [...containers.map(({ stats }) => stats), ...(sandbox ? [sandbox] : [])];
  if (parts.length === 0) return undefined;
  const all: readonly CgroupStats[] = sandbox?.pod ? [sandbox.pod] : parts;
  const sum = (value: (stats: CgroupStats) => number) =>
    all.reduce((total, stats) => total + value(stats), 0);
  return {
    time: sandbox?.pod ? sandbox.time : Math.max(...parts.map(({ time }) => time)),
    cpuNanoseconds: all.reduce((total, { cpuNanoseconds }) => total + cpuNanoseconds, 0n),
    usageBytes: sum(({ memoryUsageBytes }) => memoryUsageBytes),
    workingSetBytes: sum(({ memoryWorkingSetBytes }) => memoryWorkingSetBytes),
    rssBytes: sum(({ memoryRssBytes }) => memoryRssBytes),
    pageFaults: sum(({ pageFaults = 0 }) => pageFaults),
    majorPageFaults: sum(({ majorPageFaults = 0 }) => majorPageFaults),
    processes: sum(({ pids }) => pids),
  };
}
