import { errorText, hasCode, type Logger } from '@edgecore/api';
import type { Store, StoreWriteError } from '@edgecore/store';
import type { Device } from '../model/device.js';
import type { DeviceOperation } from '../operations/operation.js';
import type { Reporter } from '../reports/reporter.js';
import { DeviceRows, type Statement } from '../rows/statements.js';
import { Draft } from './draft.js';
import { Lane } from './lane.js';

export interface DeviceLanesOptions {
  readonly store: Store;
  readonly reporter: Reporter;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly maxInHand: number;
  readonly maxBatch: number;
  /** The devices as they are on disk; written here only. */
  readonly devices: Map<string, Device>;
  /** Told of each device that changed on disk; `undefined`: it is gone. */
  onChange(id: string, device: Device | undefined): void;
}

const BUSY_TRIES = 5;
const BUSY_PAUSE_MS = 200;
const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 30_000;

/**
 * One queue per device: its messages are worked in the order they came, those
 * of other devices beside them. What waits of a device is done as one batch and
 * one unit of writes, and nothing is said of it before that is on disk.
 */
export class DeviceLanes {
  readonly #options: DeviceLanesOptions;
  readonly #rows: DeviceRows;
  readonly #lanes = new Map<string, Lane>();
  #inHand = 0;
  #roomMade: (() => void) | undefined;

  constructor(options: DeviceLanesOptions) {
    this.#options = options;
    this.#rows = new DeviceRows(options.store);
  }

  /** Messages taken in and not yet done. */
  get inHand(): number {
    return this.#inHand;
  }

  /** Queues a message's work; the promise, if any, is for room. For one caller at a time. */
  submit(id: string, operation: DeviceOperation): Promise<void> | undefined {
    let lane = this.#lanes.get(id);
    if (lane) lane.push(operation);
    else {
      lane = new Lane();
      lane.push(operation);
      this.#lanes.set(id, lane);
      lane.running = this.#run(id, lane);
    }
    this.#inHand += 1;
    return this.#inHand < this.#options.maxInHand ? undefined : this.#room();
  }

  /** Resolves when nothing is in hand. */
  async idle(): Promise<void> {
    while (this.#lanes.size > 0) await Promise.all([...this.#lanes.values()].map((lane) => lane.running));
  }

  async #room(): Promise<void> {
    while (this.#inHand >= this.#options.maxInHand) {
      await new Promise<void>((resolve) => {
        this.#roomMade = resolve;
      });
      this.#roomMade = undefined;
    }
  }

  async #run(id: string, lane: Lane): Promise<void> {
    let wait = 0;
    while (lane.queue.length > 0) {
      const batch = lane.queue.splice(0, this.#options.maxBatch);
      const left = await this.#batch(id, batch);
      this.#inHand -= batch.length - left.length;
      this.#roomMade?.();
      if (left.length === 0) {
        wait = 0;
        continue;
      }
      if (this.#options.signal.aborted) {
        this.#inHand -= left.length;
        this.#options.log.warn({ device: id, messages: left.length }, 'not stored before the end');
        break;
      }
      wait = Math.min(wait === 0 ? RETRY_FIRST_MS : wait * 2, RETRY_MAX_MS);
      if (lane.queue.length === 0) await lane.pause(wait, this.#options.signal);
      lane.queue.unshift(...left);
    }
    this.#lanes.delete(id);
  }

  /** Does what it can of a batch; what has to be tried again is returned. */
  async #batch(id: string, batch: readonly DeviceOperation[]): Promise<readonly DeviceOperation[]> {
    const draft = this.#draft(id, batch);
    const statements = [...draft.statements(this.#rows), ...this.#options.reporter.statements(draft)];
    try {
      if (statements.length > 0) await this.#write(statements);
    } catch (error) {
      this.#options.reporter.failed(draft);
      return batch.filter((operation) => operation.failed(error) === 'retry');
    }
    this.#adopt(draft);
    for (const effect of draft.effects) {
      const done = effect();
      if (done) await done;
    }
    return [];
  }

  #draft(id: string, batch: readonly DeviceOperation[]): Draft {
    let operations = batch;
    for (;;) {
      const draft = new Draft(id, this.#options.devices.get(id));
      const broken = operations.find((operation) => !this.#apply(operation, draft));
      if (!broken) return draft;
      // What it had changed already must not stay.
      operations = operations.filter((operation) => operation !== broken);
    }
  }

  #apply(operation: DeviceOperation, draft: Draft): boolean {
    try {
      operation.apply(draft);
      return true;
    } catch (error) {
      this.#options.log.error(
        { device: draft.id, err: error },
        'a message could not be worked on, it is left out',
      );
      operation.failed(error);
      return false;
    }
  }

  async #write(statements: readonly Statement[]): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#options.store.write(...statements);
        return;
      } catch (error) {
        if (tries === BUSY_TRIES || !isBusy(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE_MS));
      }
    }
  }

  #adopt(draft: Draft): void {
    const { devices, reporter, onChange, log } = this.#options;
    const before = devices.get(draft.id);
    const after = draft.result;
    if (after) devices.set(draft.id, after);
    else devices.delete(draft.id);
    reporter.committed(draft);
    if (after === before) return;
    try {
      onChange(draft.id, after);
    } catch (error) {
      log.error({ device: draft.id, error: errorText(error) }, 'a listener for device changes failed');
    }
  }
}

function isBusy(error: unknown): boolean {
  return (
    hasCode(error, 'ERR_STORE_WRITE') && /^SQLITE_(BUSY|LOCKED)/.test((error as StoreWriteError).sqliteCode)
  );
}
