import { join } from 'node:path';
import type { PodServices } from '../act/pod-services.js';
import type { Pod } from '../kube-types.js';
import { podIdentity, podLogDirectory } from '../pods/pod-paths.js';
import { emptyDir } from '../volumes/empty-dir.js';
import { directoryUsage } from './directory-usage.js';
import { emptyDirLimits, limitsStorage, type StorageUse } from './storage-limits.js';

/** Measures of a pod what its limits are about, no more: walking files takes time. */
export async function measureStorage(
  pod: Pod,
  { runtime, volumes, sandbox }: Pick<PodServices, 'runtime' | 'volumes' | 'sandbox'>,
): Promise<StorageUse> {
  const directory = join(volumes.podDirectory(pod.metadata.uid), 'volumes');
  const emptyDirs = new Map<string, number>();
  for (const name of emptyDirLimits(pod).keys()) {
    emptyDirs.set(name, (await directoryUsage(join(directory, emptyDir.directory, name))).bytes);
  }
  const containers = new Map<string, number>();
  if (!limitsStorage(pod)) return { emptyDirs, containers, totalBytes: 0 };
  let totalBytes = (await directoryUsage(directory)).bytes;
  totalBytes += (await directoryUsage(podLogDirectory(sandbox.podLogsDir, podIdentity(pod)))).bytes;
  for (const { id, name } of await runtime.listContainers(pod.metadata.uid)) {
    const { writableBytes, logBytes } = await runtime.diskUsage(id);
    totalBytes += writableBytes + logBytes;
    containers.set(name, (containers.get(name) ?? 0) + writableBytes + logBytes);
  }
  return { emptyDirs, containers, totalBytes };
}
