import type { Logger } from '@edgecore/api';
import type { ObjectKey } from '../objects/stored-object.js';
import { MapperLane, type MapperLaneOptions } from './mapper-lane.js';
import type { Mapper } from './mapper-row.js';

export type MappersOptions = Omit<MapperLaneOptions, 'mapper'>;

/** The mappers that have registered: one per protocol, the last one. */
export class Mappers {
  readonly #lanes = new Map<string, MapperLane>();
  /** Protocols without a mapper that were mentioned in the log. */
  readonly #missing = new Set<string>();
  readonly #options: MappersOptions;
  readonly #log: Logger;

  constructor(options: MappersOptions) {
    this.#options = options;
    this.#log = options.log;
  }

  list(): Mapper[] {
    return [...this.#lanes.values()].map(({ mapper }) => mapper);
  }

  /** Others a mapper takes the place of: the one with its name, and the one with its protocol. */
  replacedBy(mapper: Mapper): Mapper[] {
    return this.list().filter(({ name, protocol }) => name === mapper.name || protocol === mapper.protocol);
  }

  /**
   * @param has What it has, as it is now.
   * @param given It was given that just now; otherwise what it was not told before is still to be told.
   */
  put(mapper: Mapper, has: readonly ObjectKey[], given: boolean): void {
    const lane = new MapperLane({ ...this.#options, mapper });
    const before = this.#lanes.get(mapper.protocol);
    if (before && !given && before.mapper.name === mapper.name) lane.inherit(before);
    else lane.assume(has);
    for (const { protocol } of this.replacedBy(mapper)) {
      this.#lanes.get(protocol)?.close();
      this.#lanes.delete(protocol);
    }
    this.#lanes.set(mapper.protocol, lane);
    this.#missing.delete(mapper.protocol);
  }

  changed(keys: readonly ObjectKey[]): void {
    for (const lane of this.#lanes.values()) lane.changed(keys);
  }

  /** A device of this protocol was heard of: its mapper lives. */
  heard(protocol: string): void {
    this.#lanes.get(protocol)?.resume();
  }

  /** Says once that a protocol has no mapper. */
  expect(protocol: string): void {
    if (protocol === '' || this.#lanes.has(protocol) || this.#missing.has(protocol)) return;
    this.#missing.add(protocol);
    this.#log.info(
      { protocol },
      'no mapper has registered for this protocol; it gets its devices when it does',
    );
  }

  close(): void {
    for (const lane of this.#lanes.values()) lane.close();
    this.#lanes.clear();
  }
}
