import { randomUUID } from 'node:crypto';
import { errorText, type Logger, type Metrics, TroubleLog } from '@edgecore/api';
import type { Settle } from '../broker/broker.js';
import { NotTakenError } from '../errors.js';
import type { UploadRow, UploadRows } from './upload-rows.js';

export interface UploadsOptions {
  readonly rows: UploadRows;
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Commits of senders nobody makes wait; above, they wait. */
const MAX_UNCOMMITTED = 1000;

/**
 * Messages on their way to the cloud, on disk before anybody is told they
 * arrived, bounded: the oldest go when there are too many (eventbus.md §4).
 */
export class Uploads {
  readonly #options: UploadsOptions;
  readonly #full: TroubleLog;
  readonly #unstored: TroubleLog;
  /** Size by row id, oldest first. */
  readonly #sizes = new Map<number, number>();
  #bytes = 0;
  #uncommitted = 0;
  #onWaiting: () => void = () => {};

  constructor(options: UploadsOptions) {
    this.#options = options;
    this.#full = new TroubleLog(options.log);
    this.#unstored = new TroubleLog(options.log);
  }

  get waiting(): number {
    return this.#sizes.size;
  }

  /** Called whenever there is something new to send. */
  set onWaiting(listener: () => void) {
    this.#onWaiting = listener;
  }

  /** What an earlier run of the agent left. */
  async load(): Promise<void> {
    for (const { rowId, bytes } of await this.#options.rows.sizes()) this.#add(rowId, bytes);
    this.#dropAboveLimit();
  }

  /** Stores a message. `held` senders are told after the commit, others at once unless they are far ahead of the disk. */
  take(topic: string, content: string, held: boolean, settle: Settle): void {
    const early = !held && this.#uncommitted < MAX_UNCOMMITTED;
    this.#uncommitted += 1;
    const upload = { id: randomUUID(), timestamp: Date.now(), topic, content };
    this.#options.rows.put(upload).then(
      (rowId) => {
        this.#uncommitted -= 1;
        this.#unstored.over();
        this.#add(rowId, content.length + topic.length);
        this.#dropAboveLimit();
        this.#onWaiting();
        if (!early) settle();
      },
      (error: unknown) => {
        this.#uncommitted -= 1;
        this.#options.metrics.count('edgecore_eventbus_uploads_unstored_total');
        this.#unstored.warn(
          { topic, error: errorText(error) },
          'a message for the cloud could not be stored',
        );
        if (!early) settle(new NotTakenError('it could not be stored', { cause: error }));
      },
    );
    if (early) settle();
  }

  /** The oldest ones, within limits but at least one; rows that cannot be read are removed on the way. */
  async oldest(limit: number, maxBytes: number): Promise<UploadRow[]> {
    const rowIds = this.#oldestIds(limit, maxBytes);
    if (rowIds.length === 0) return [];
    const rows = await this.#options.rows.read(rowIds);
    const usable = rows.filter(({ upload }) => upload !== undefined);
    const found = new Set(usable.map(({ rowId }) => rowId));
    for (const rowId of rowIds.filter((id) => !found.has(id))) {
      this.#options.log.error(
        { row: rowId },
        'a stored message for the cloud cannot be read, it was removed',
      );
      await this.remove(rowId);
    }
    return usable;
  }

  /** It was sent, or never will be. */
  async remove(rowId: number): Promise<void> {
    await this.#options.rows.remove(rowId);
    this.#forget(rowId);
    if (this.waiting < this.#options.maxMessages / 2) this.#full.over();
  }

  #oldestIds(limit: number, maxBytes: number): number[] {
    const rowIds: number[] = [];
    let left = maxBytes;
    for (const [rowId, bytes] of this.#sizes) {
      left -= bytes;
      if (rowIds.length === limit || (left < 0 && rowIds.length > 0)) break;
      rowIds.push(rowId);
    }
    return rowIds;
  }

  #add(rowId: number, bytes: number): void {
    this.#sizes.set(rowId, bytes);
    this.#bytes += bytes;
    this.#options.metrics.gauge('edgecore_eventbus_uploads_waiting', this.waiting);
  }

  #forget(rowId: number): void {
    this.#bytes -= this.#sizes.get(rowId) ?? 0;
    this.#sizes.delete(rowId);
    this.#options.metrics.gauge('edgecore_eventbus_uploads_waiting', this.waiting);
  }

  #dropAboveLimit(): void {
    const { maxMessages, maxBytes, log, metrics, rows } = this.#options;
    while (this.waiting > maxMessages || (this.#bytes > maxBytes && this.waiting > 1)) {
      const oldest = this.#sizes.keys().next().value!;
      this.#forget(oldest);
      metrics.count('edgecore_eventbus_uploads_dropped_total');
      this.#full.warn(
        { uploadMessages: maxMessages, uploadBytes: maxBytes },
        'too many messages wait for the cloud: the oldest are dropped',
      );
      rows.remove(oldest).catch((error: unknown) => {
        log.debug({ row: oldest, error: errorText(error) }, 'a dropped upload stays on disk');
      });
    }
  }
}
