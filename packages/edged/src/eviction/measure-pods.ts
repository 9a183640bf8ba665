import { join } from 'node:path';
import type { Container, ContainerRuntime } from '@edgecore/container-runtime';
import type { PodServices } from '../act/pod-services.js';
import type { Pod } from '../kube-types.js';
import type { PressureSignal } from '../node/threshold.js';
import { podIdentity, podLogDirectory } from '../pods/pod-paths.js';
import {
  type Candidate,
  type ContainerUse,
  podRequestOf,
  requestOf,
  resourceOf,
  type ScarceResource,
} from './candidate.js';
import { directoryUsage } from './directory-usage.js';

type MeasureServices = Pick<PodServices, 'runtime' | 'volumes' | 'sandbox'>;

export interface MeasureOrder {
  readonly signal: PressureSignal;
  /** Images and writable layers are on a file system of their own. */
  readonly hasImageFileSystem: boolean;
}

/**
 * What each pod takes of what is scarce. What cannot be measured counts 0: it
 * must not keep the others from being ranked.
 */
export async function measurePods(
  pods: readonly Pod[],
  order: MeasureOrder,
  services: MeasureServices,
): Promise<Candidate[]> {
  const all = await services.runtime.listContainers();
  const candidates: Candidate[] = [];
  // One after the other: the node is short of something already.
  for (const pod of pods) {
    const instances = all.filter((one) => one.pod.uid === pod.metadata.uid);
    candidates.push(await measurePod(pod, instances, order, services));
  }
  return candidates;
}

async function measurePod(
  pod: Pod,
  instances: readonly Container[],
  order: MeasureOrder,
  services: MeasureServices,
): Promise<Candidate> {
  const resource = resourceOf(order.signal);
  const specs = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const containers: ContainerUse[] = [];
  let used = 0;
  for (const instance of instances) {
    const own = await containerUse(instance, order, services.runtime);
    used += own;
    const spec = specs.find(({ name }) => name === instance.name);
    const known = containers.findIndex(({ name }) => name === instance.name);
    if (known >= 0) containers[known] = { ...containers[known]!, used: containers[known]!.used + own };
    else containers.push({ name: instance.name, used: own, request: spec ? requestOf(spec, resource) : 0 });
  }
  if (isOnDisk(resource) && !isImageSide(order)) used += await localUse(pod, resource, services);
  return { pod, used, request: podRequestOf(pod, resource), containers };
}

async function containerUse(
  { id, state }: Container,
  order: MeasureOrder,
  runtime: ContainerRuntime,
): Promise<number> {
  const resource = resourceOf(order.signal);
  try {
    if (isOnDisk(resource)) {
      // An engine does not count inodes; and its files are none of the node's when they are elsewhere.
      if (resource === 'inodes' || (order.hasImageFileSystem && !isImageSide(order))) return 0;
      const { writableBytes, logBytes } = await runtime.diskUsage(id);
      return writableBytes + logBytes;
    }
    if (state !== 'running') return 0;
    const { memoryWorkingSetBytes, pids } = await runtime.stats(id);
    return resource === 'memory' ? memoryWorkingSetBytes : pids;
  } catch {
    return 0;
  }
}

/** Volumes on disk and log files of this agent. */
async function localUse(
  pod: Pod,
  resource: ScarceResource,
  { volumes, sandbox }: MeasureServices,
): Promise<number> {
  const directories = [
    join(volumes.podDirectory(pod.metadata.uid), 'volumes'),
    podLogDirectory(sandbox.podLogsDir, podIdentity(pod)),
  ];
  let sum = 0;
  for (const directory of directories) {
    const { bytes, inodes } = await directoryUsage(directory);
    sum += resource === 'inodes' ? inodes : bytes;
  }
  return sum;
}

function isOnDisk(resource: ScarceResource): boolean {
  return resource === 'ephemeral-storage' || resource === 'inodes';
}

/** The images' file system runs full, and it is another than the node's. */
function isImageSide({ signal, hasImageFileSystem }: MeasureOrder): boolean {
  return hasImageFileSystem && signal.startsWith('imagefs');
}
