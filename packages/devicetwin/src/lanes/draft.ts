import { type Attribute, type Device, NO_ATTRIBUTES, NO_TWINS } from '../model/device.js';
import type { SideName, Twin } from '../model/twin.js';
import type { DeviceRows, Statement } from '../rows/statements.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Which sides of which twins, and whether the state, the cloud has to hear of. */
export interface Marks {
  readonly twins: Map<string, Mutable<Record<SideName, boolean>>>;
  state: boolean;
}

/** Something to do once the draft is on disk, in the order it was asked for. */
export type Effect = () => void | Promise<void>;

/**
 * A device as it will be once a batch of messages is on disk. Messages change
 * it in memory one after the other, each seeing what those before it did; then
 * it is written as one unit. When that fails it is dropped, and nothing happened.
 */
export class Draft {
  readonly marks: Marks = { twins: new Map(), state: false };
  readonly effects: Effect[] = [];
  readonly #before: Device | undefined;
  readonly #twins = new Set<string>();
  readonly #attributes = new Set<string>();
  #device: Mutable<Device> | undefined;
  #texts = false;
  #ownTwins = false;
  #ownAttributes = false;
  /** Removed in this batch, perhaps added again: no row of before holds any more. */
  #anew: boolean;

  constructor(
    readonly id: string,
    before: Device | undefined,
  ) {
    this.#before = before;
    this.#device = before && { ...before };
    this.#anew = before === undefined;
  }

  get device(): Device | undefined {
    return this.#device;
  }

  /** The device as far as it differs from before; the same object when nothing did. */
  get result(): Device | undefined {
    const touched = this.#texts || this.#ownTwins || this.#ownAttributes || (this.#anew && this.#device);
    return touched || !this.#device ? this.#device : this.#before;
  }

  create(device: Omit<Device, 'id' | 'attributes' | 'twins'>): void {
    this.#device = { id: this.id, ...device, attributes: NO_ATTRIBUTES, twins: NO_TWINS };
    this.#texts = true;
    // Of one that was removed in this batch nothing is left.
    this.#ownTwins = false;
    this.#ownAttributes = false;
  }

  remove(): void {
    this.#device = undefined;
    this.#anew = true;
    this.#twins.clear();
    this.#attributes.clear();
    this.marks.twins.clear();
    this.marks.state = false;
  }

  set(fields: Partial<Pick<Device, 'name' | 'description' | 'state' | 'lastOnline'>>): void {
    Object.assign(this.#known(), fields);
    this.#texts = true;
  }

  setTwin(key: string, twin: Twin): void {
    this.remember(key, twin);
    this.#twins.add(key);
  }

  /** Changes what is only in memory of a twin. */
  remember(key: string, twin: Twin): void {
    const device = this.#known();
    if (!this.#ownTwins) device.twins = new Map(device.twins);
    this.#ownTwins = true;
    (device.twins as Map<string, Twin>).set(key, twin);
  }

  setAttribute(key: string, attribute: Attribute | undefined): void {
    const device = this.#known();
    if (!this.#ownAttributes) device.attributes = new Map(device.attributes);
    this.#ownAttributes = true;
    const attributes = device.attributes as Map<string, Attribute>;
    if (attribute) attributes.set(key, attribute);
    else attributes.delete(key);
    this.#attributes.add(key);
  }

  /** The cloud has to hear of these sides. */
  mark(key: string, sides: Readonly<Record<SideName, boolean>>): void {
    const marked = this.marks.twins.get(key);
    this.marks.twins.set(key, {
      expected: sides.expected || (marked?.expected ?? false),
      actual: sides.actual || (marked?.actual ?? false),
    });
  }

  after(effect: Effect): void {
    this.effects.push(effect);
  }

  /** The unit of writes; empty when nothing on disk changes. */
  statements(rows: DeviceRows): Statement[] {
    const statements: Statement[] = [];
    const device = this.#device;
    if (this.#anew && this.#before) statements.push(...rows.deleteDevice(this.id));
    if (!device) return statements;
    if (this.#anew) statements.push(rows.insertDevice(device));
    else if (this.#texts) statements.push(rows.updateDevice(device));
    for (const key of this.#attributes) {
      const attribute = device.attributes.get(key);
      if (attribute) statements.push(...rows.writeAttribute(this.id, key, attribute));
      else statements.push(rows.deleteAttribute(this.id, key));
    }
    for (const key of this.#twins) {
      const twin = device.twins.get(key)!;
      const hasRow = !this.#anew && this.#before!.twins.has(key);
      statements.push(hasRow ? rows.updateTwin(this.id, key, twin) : rows.insertTwin(this.id, key, twin));
    }
    return statements;
  }

  #known(): Mutable<Device> {
    if (!this.#device) throw new Error(`device ${this.id} is not there to be changed`);
    return this.#device;
  }
}
