import type { ImageRecord } from './image-records.js';

/** When unused images are removed (edged.md §4.7). */
export interface ImageGcRules {
  /** Use of the image file system, in percent, from which images are removed; 100: none is ever removed. */
  readonly highPercent: number;
  /** They are removed until the use is no more than this. */
  readonly lowPercent: number;
  /** Only images unused for longer than this. */
  readonly minAgeMs: number;
  /** Images unused for longer than this go, however much room there is; 0: they stay. */
  readonly maxAgeMs: number;
}

export interface FileSystemSpace {
  readonly capacityBytes: number;
  readonly availableBytes: number;
}

export interface ImageGcInput {
  readonly images: readonly ImageRecord[];
  /** Ids that are never removed: the pause image. */
  readonly pinned: ReadonlySet<string>;
  readonly space: FileSystemSpace;
  readonly rules: ImageGcRules;
  readonly now: number;
}

export interface ImageGcPlan {
  /** Too old: all of them go. */
  readonly expired: readonly ImageRecord[];
  /** May go for room, in this order, until {@link wantedBytes} are available. */
  readonly candidates: readonly ImageRecord[];
  /** Bytes to be available afterwards; 0 while there is room enough. */
  readonly wantedBytes: number;
}

/** Decides which images may go, least recently used first. Pure. */
export function planImageGc({ images, pinned, space, rules, now }: ImageGcInput): ImageGcPlan {
  if (rules.highPercent >= 100) return { expired: [], candidates: [], wantedBytes: 0 };
  const unused = removableImages({ images, pinned, minAgeMs: rules.minAgeMs, now });
  const isExpired = ({ lastUsedAt }: ImageRecord) => rules.maxAgeMs > 0 && now - lastUsedAt > rules.maxAgeMs;
  return {
    expired: unused.filter(isExpired),
    candidates: unused.filter((image) => !isExpired(image)),
    wantedBytes:
      usedPercent(space) >= rules.highPercent ? (space.capacityBytes * (100 - rules.lowPercent)) / 100 : 0,
  };
}

/** Unused, not pinned and old enough; least recently used first, of equals the largest. */
export function removableImages(
  input: Pick<ImageGcInput, 'images' | 'pinned' | 'now'> & { readonly minAgeMs: number },
): ImageRecord[] {
  const { images, pinned, minAgeMs, now } = input;
  return images
    .filter(({ id, inUse, lastUsedAt }) => !inUse && !pinned.has(id) && now - lastUsedAt >= minAgeMs)
    .sort((a, b) => a.lastUsedAt - b.lastUsedAt || b.sizeBytes - a.sizeBytes || (a.id < b.id ? -1 : 1));
}

/** What is not available counts as used, as the kubelet does: a share may be reserved for root. */
function usedPercent({ capacityBytes, availableBytes }: FileSystemSpace): number {
  if (capacityBytes <= 0) return 0;
  return 100 - (Math.min(availableBytes, capacityBytes) * 100) / capacityBytes;
}
