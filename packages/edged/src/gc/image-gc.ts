import { errorText, type Logger, type Metrics } from '@edgecore/api';
import type { ContainerRuntime } from '@edgecore/container-runtime';
import { type Clock, pause } from '../ports/clock.js';
import type { NodeEventListener } from '../ports/node-events.js';
import { type ImageRecord, ImageRecords } from './image-records.js';
import { type ImageGcRules, planImageGc, removableImages } from './plan-image-gc.js';

export interface ImageGcOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly events: NodeEventListener;
  readonly rules: ImageGcRules;
  /** Never removed. */
  readonly sandboxImage: string;
  readonly periodMs: number;
}

/** Why an image was removed; label of the metric. */
type Reason = 'age' | 'space' | 'eviction';

/**
 * Removes images no container needs when their file system is getting full
 * (edged.md §4.7). One removal at a time; the room is measured after each, as
 * images share layers and their sizes do not add up.
 */
export class ImageGc {
  readonly #records = new ImageRecords();
  #turn: Promise<unknown> = Promise.resolve();
  /** What went wrong last: told once, not every minute. */
  #failure: string | undefined;

  constructor(private readonly options: ImageGcOptions) {}

  /** Works each period until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, periodMs, runtime, rules } = this.options;
    if (!runtime.capabilities.images || rules.highPercent >= 100) return;
    while (!signal.aborted) {
      await this.collect(signal);
      await pause(clock, periodMs, signal).catch(() => undefined);
    }
  }

  /** One look, and what follows from it. Never throws. */
  async collect(signal?: AbortSignal): Promise<void> {
    try {
      const complaint = await this.#next(() => this.#collect(signal));
      if (complaint === undefined) this.#failure = undefined;
      else this.#complain('FreeDiskSpaceFailed', complaint);
    } catch (error) {
      if (signal?.aborted) return;
      // An engine that is away says so elsewhere; afterwards there is another look.
      this.#complain('ImageGCFailed', errorText(error));
    }
  }

  /**
   * For a node under disk pressure: removes unused images, oldest use first, until there is room.
   *
   * @param enough Asked before each removal.
   * @returns how many were removed.
   */
  async removeUnused(enough: () => Promise<boolean>, signal: AbortSignal): Promise<number> {
    const { runtime, rules, clock } = this.options;
    if (!runtime.capabilities.images || rules.highPercent >= 100) return 0;
    return this.#next(async () => {
      const images = await this.#observe();
      const pinned = await this.#pinned();
      const candidates = removableImages({ images, pinned, minAgeMs: rules.minAgeMs, now: clock.now() });
      let removed = 0;
      for (const image of candidates) {
        if (signal.aborted || (await enough())) break;
        if (await this.#remove(image, 'eviction')) removed += 1;
      }
      return removed;
    });
  }

  /** @returns what to tell when there is still too little room. */
  async #collect(signal: AbortSignal | undefined): Promise<string | undefined> {
    const { runtime, rules, clock } = this.options;
    const space = await runtime.imageFilesystem();
    const images = await this.#observe();
    const now = clock.now();
    const { expired, candidates, wantedBytes } = planImageGc({
      images,
      pinned: await this.#pinned(),
      space,
      rules,
      now,
    });
    for (const image of expired) {
      if (signal?.aborted) return undefined;
      await this.#remove(image, 'age');
    }
    if (wantedBytes === 0) return undefined;
    const missing = async () => wantedBytes - (await runtime.imageFilesystem()).availableBytes;
    const before = await missing();
    let left = before;
    for (const image of candidates) {
      if (signal?.aborted || left <= 0) break;
      await this.#remove(image, 'space');
      left = await missing();
    }
    if (left <= 0 || signal?.aborted) return undefined;
    return (
      'Failed to garbage collect required amount of images. ' +
      `Attempted to free ${Math.ceil(before)} bytes, but only found ${Math.max(0, Math.floor(before - left))} bytes eligible to free.`
    );
  }

  async #observe(): Promise<readonly ImageRecord[]> {
    const { runtime, clock } = this.options;
    // In this order: what a container is made of in between counts as used.
    const images = await runtime.listImages();
    return this.#records.observe({ images, used: await runtime.usedImages(), now: clock.now() });
  }

  async #pinned(): Promise<ReadonlySet<string>> {
    const pause = await this.options.runtime.imageStatus(this.options.sandboxImage);
    return new Set(pause ? [pause.id] : []);
  }

  async #remove({ id, name, sizeBytes }: ImageRecord, reason: Reason): Promise<boolean> {
    const { runtime, log, metrics } = this.options;
    try {
      await runtime.removeImage(id);
    } catch (error) {
      // A container was made of it meanwhile, or another image builds on it.
      log.debug({ image: name, error: errorText(error) }, 'an unused image could not be removed');
      return false;
    }
    metrics.count('edgecore_images_removed_total', { reason });
    log.info({ image: name, id, bytes: sizeBytes, reason }, 'unused image removed');
    return true;
  }

  #complain(reason: string, message: string): void {
    const { log, events } = this.options;
    if (this.#failure === reason) {
      log.debug({ reason }, message);
      return;
    }
    this.#failure = reason;
    log.warn({ reason }, message);
    events({ type: 'Warning', reason, message });
  }

  /** Looks for garbage never overlap. */
  #next<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
