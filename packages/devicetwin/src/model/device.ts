import type { Twin } from './twin.js';

/** A fact about a device that the cloud set (devicetwin.md §7.2). */
export interface Attribute {
  readonly value: string;
  readonly optional: boolean;
  readonly type: string;
  /** Column `metadata`: `{}` when the message had some, else `''`. */
  readonly metadata: string;
}

/** A device of this node. Treated as a value: a change makes a new one. */
export interface Device {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly state: string;
  /** Local time in profile 2020, RFC 3339 today; `''` when never online. */
  readonly lastOnline: string;
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Deleted ones included. */
  readonly twins: ReadonlyMap<string, Twin>;
}

/** Most devices have none: one map for all of them. */
export const NO_ATTRIBUTES: ReadonlyMap<string, Attribute> = new Map();
/** A device that has not said anything yet. */
export const NO_TWINS: ReadonlyMap<string, Twin> = new Map();

const MAX_ID_BYTES = 512;
const MAX_PARTS = 2;

/**
 * May this be a device id? `<name>` with clouds of 2020, `<namespace>/<name>`
 * today; anything that could not stand in an MQTT topic is none.
 */
export function isDeviceId(id: string): boolean {
  if (id === '' || Buffer.byteLength(id) > MAX_ID_BYTES) return false;
  const parts = id.split('/');
  return parts.length <= MAX_PARTS && parts.every((part) => part !== '' && !/[+#\0]/.test(part));
}
