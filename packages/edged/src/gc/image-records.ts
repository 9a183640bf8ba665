import type { Image } from '@edgecore/container-runtime';

/** An image and when it was needed last: the engine does not know that. */
export interface ImageRecord {
  readonly id: string;
  /** For people: a name, or the id of an image without one. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Some container was made of it, running or not. */
  readonly inUse: boolean;
  /** Milliseconds since the epoch; the first sight of an image nobody has used since. */
  readonly lastUsedAt: number;
}

/** What one look at the engine shows. */
export interface ImageSight {
  readonly images: readonly Image[];
  /** Ids of the images containers were made of. */
  readonly used: ReadonlySet<string>;
  readonly now: number;
}

/** Remembers when each image was used last (edged.md §4.7); a restart of the agent starts afresh. */
export class ImageRecords {
  #records = new Map<string, ImageRecord>();

  observe({ images, used, now }: ImageSight): readonly ImageRecord[] {
    const next = new Map<string, ImageRecord>();
    for (const { id, tags, sizeBytes } of images) {
      const inUse = used.has(id);
      const lastUsedAt = inUse ? now : (this.#records.get(id)?.lastUsedAt ?? now);
      next.set(id, { id, name: tags[0] ?? id, sizeBytes, inUse, lastUsedAt });
    }
    this.#records = next;
    return [...next.values()];
  }
}
