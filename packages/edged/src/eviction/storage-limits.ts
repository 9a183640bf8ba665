import type { Container, Pod } from '../kube-types.js';
import { binaryQuantity } from '../node/parse-host.js';
import { quantityValue } from '../resources/quantity.js';
import { isCritical } from './candidate.js';

const STORAGE = 'ephemeral-storage';

/** A limit that was exceeded. */
export interface StorageExcess {
  /** kubelet's word for it, for figures. */
  readonly signal: 'emptydirfs.limit' | 'ephemeralpodfs.limit' | 'ephemeralcontainerfs.limit';
  readonly message: string;
}

/** What a pod takes of the disk, in bytes. */
export interface StorageUse {
  /** By volume name. */
  readonly emptyDirs: ReadonlyMap<string, number>;
  /** Writable layer and logs, by container name. */
  readonly containers: ReadonlyMap<string, number>;
  /** Volumes, logs and containers together. */
  readonly totalBytes: number;
}

/** emptyDirs on disk that may only get so large, in bytes by volume name. */
export function emptyDirLimits({ spec }: Pod): Map<string, number> {
  const limits = new Map<string, number>();
  for (const { name, emptyDir } of spec.volumes ?? []) {
    if (!emptyDir?.sizeLimit || emptyDir.medium === 'Memory') continue;
    const bytes = quantityValue(emptyDir.sizeLimit);
    if (bytes > 0) limits.set(name, bytes);
  }
  return limits;
}

/** Whether containers of the pod have a limit of ephemeral storage. */
export function limitsStorage({ spec }: Pod): boolean {
  return spec.containers.some((container) => limitOf(container) > 0);
}

/**
 * Why a pod is evicted for what it takes itself, whatever room the node has
 * (edged.md §10.4); `undefined` while it keeps to its limits. Pure.
 */
export function storageExcess(pod: Pod, use: StorageUse): StorageExcess | undefined {
  if (isCritical(pod)) return undefined;
  for (const [name, limit] of emptyDirLimits(pod)) {
    if ((use.emptyDirs.get(name) ?? 0) > limit) {
      const told = pod.spec.volumes?.find((volume) => volume.name === name)?.emptyDir?.sizeLimit;
      const message = `Usage of EmptyDir volume "${name}" exceeds the limit "${told}".`;
      return { signal: 'emptydirfs.limit', message };
    }
  }
  const total = pod.spec.containers.reduce((sum, container) => sum + limitOf(container), 0);
  if (total > 0 && use.totalBytes > total) {
    const message = `Pod ephemeral local storage usage exceeds the total limit of containers ${binaryQuantity(total)}.`;
    return { signal: 'ephemeralpodfs.limit', message };
  }
  for (const container of pod.spec.containers) {
    const limit = limitOf(container);
    if (limit === 0 || (use.containers.get(container.name) ?? 0) <= limit) continue;
    const told = container.resources?.limits?.[STORAGE];
    const message = `Container ${container.name} exceeded its local ephemeral storage limit "${told}".`;
    return { signal: 'ephemeralcontainerfs.limit', message };
  }
  return undefined;
}

function limitOf({ resources }: Container): number {
  const quantity = resources?.limits?.[STORAGE];
  return quantity === undefined ? 0 : quantityValue(quantity);
}
