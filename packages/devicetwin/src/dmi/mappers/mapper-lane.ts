import { hasCode, type Logger } from '@edgecore/api';
import { GrpcCode, type GrpcError } from '@edgecore/grpc';
import type { Wanted } from '../objects/inventory.js';
import { keyText, type ObjectKey } from '../objects/stored-object.js';
import type { Mapper } from './mapper-row.js';
import { type PlannedCall, planCall } from './plan-call.js';

export interface MapperLaneOptions {
  readonly mapper: Mapper;
  readonly wanted: (key: ObjectKey, protocol: string) => Wanted;
  /** The model of a device, when it is there. */
  readonly modelOf: (key: ObjectKey) => ObjectKey | undefined;
  /** @throws {GrpcError} */
  readonly call: (mapper: Mapper, method: string, request: Buffer, signal: AbortSignal) => Promise<unknown>;
  readonly log: Logger;
}

/** The mapper was not there, went away or was late: it may not have got the call. Other errors are its answer. */
const NOT_DELIVERED: readonly number[] = [
  GrpcCode.UNAVAILABLE,
  GrpcCode.DEADLINE_EXCEEDED,
  GrpcCode.CANCELLED,
];

/**
 * Keeps one mapper in step with the inventory, one call at a time.
 *
 * It holds which objects have changed, not calls: the call is decided when its
 * turn comes, from what the mapper has and what it should have. So a mapper
 * that is slow or away costs one entry per object, and gets the last state only.
 */
export class MapperLane {
  readonly mapper: Mapper;
  readonly #options: MapperLaneOptions;
  readonly #closed = new AbortController();
  /** What the mapper has, by object; see {@link PlannedCall}. */
  readonly #has = new Map<string, string>();
  /** In the order of the last change. */
  readonly #changed = new Map<string, ObjectKey>();
  #calling: ObjectKey | undefined;
  #running = false;
  #complained = false;

  constructor(options: MapperLaneOptions) {
    this.#options = options;
    this.mapper = options.mapper;
  }

  /** Objects whose last state the mapper may not have. */
  get pending(): number {
    return this.#changed.size;
  }

  /** Says that the mapper has these as they are now. */
  assume(keys: readonly ObjectKey[]): void {
    for (const key of keys) {
      const wanted = this.#wanted(key);
      if ('digest' in wanted) this.#has.set(keyText(key), wanted.digest);
    }
  }

  /** Takes over what the mapper has and what it has not been told; the other lane must not be used any more. */
  inherit(other: MapperLane): void {
    other.#closed.abort();
    for (const [id, digest] of other.#has) this.#has.set(id, digest);
    const untold = [...(other.#calling ? [other.#calling] : []), ...other.#changed.values()];
    for (const key of untold) this.#changed.set(keyText(key), key);
    this.resume();
  }

  /** The objects have changed; whatever of it concerns this mapper is told to it. */
  changed(keys: readonly ObjectKey[]): void {
    for (const key of keys) {
      const id = keyText(key);
      // Also while the lane calls for this key: what it has is not known then.
      if (!this.#changed.delete(id) && !this.#running && !this.#plan(key)) continue;
      this.#changed.set(id, key);
    }
    this.resume();
  }

  /** Tries again what could not be delivered. */
  resume(): void {
    if (this.#running || this.#changed.size === 0 || this.#closed.signal.aborted) return;
    void this.#drain();
  }

  close(): void {
    this.#closed.abort();
    this.#changed.clear();
  }

  /** Until nothing is left, or a call did not arrive. Never rejects. */
  async #drain(): Promise<void> {
    this.#running = true;
    for (let key = this.#next(); key; key = this.#next()) {
      const id = keyText(key);
      this.#changed.delete(id);
      const planned = this.#plan(key);
      if (!planned) continue;
      this.#calling = key;
      this.#has.set(id, planned.hasMeanwhile);
      const delivered = await this.#deliver(planned, key);
      this.#calling = undefined;
      if (!delivered) {
        this.#putBack(id, key);
        break;
      }
      if (planned.hasThen === undefined) this.#has.delete(id);
      else this.#has.set(id, planned.hasThen);
    }
    this.#running = false;
  }

  /** The oldest change; for a device its model, if that has to be told as well. */
  #next(): ObjectKey | undefined {
    const [oldest] = this.#changed.values();
    const model = oldest && this.#options.modelOf(oldest);
    return model && this.#changed.has(keyText(model)) ? model : oldest;
  }

  /** False when it did not arrive. An error the mapper answered with is final: the same call would fail again. */
  async #deliver({ method, request }: PlannedCall, key: ObjectKey): Promise<boolean> {
    const { name: mapper, protocol, address } = this.mapper;
    const fields = { mapper, protocol, address, method, object: keyText(key) };
    try {
      await this.#options.call(this.mapper, method, request, this.#closed.signal);
      this.#complained = false;
      return true;
    } catch (error) {
      if (this.#closed.signal.aborted) return false;
      if (!hasCode(error, 'ERR_GRPC_STATUS') || !NOT_DELIVERED.includes((error as GrpcError).status)) {
        this.#options.log.warn({ ...fields, err: error }, 'a mapper refused a call');
        return true;
      }
      const message =
        'a mapper cannot be reached; it is told when it is heard of again, at the latest when it registers';
      if (this.#complained) this.#options.log.debug({ ...fields, err: error }, message);
      else this.#options.log.warn({ ...fields, err: error }, message);
      this.#complained = true;
      return false;
    }
  }

  /** First in the order again, unless it has changed meanwhile. */
  #putBack(id: string, key: ObjectKey): void {
    if (this.#closed.signal.aborted || this.#changed.has(id)) return;
    const later = [...this.#changed];
    this.#changed.clear();
    this.#changed.set(id, key);
    for (const [laterId, laterKey] of later) this.#changed.set(laterId, laterKey);
  }

  #plan(key: ObjectKey): PlannedCall | undefined {
    return planCall(key, this.#wanted(key), this.#has.get(keyText(key)));
  }

  #wanted(key: ObjectKey): Wanted {
    return this.#options.wanted(key, this.mapper.protocol);
  }
}
