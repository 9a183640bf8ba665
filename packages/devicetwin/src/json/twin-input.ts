import type { TwinVersion } from '../model/twin.js';
import { type BaseMessage, readMessage } from './base-message.js';
import { fieldsOf, flagValue, integerValue, MalformedError, objectValue, textValue } from './read.js';

/** One side as a message gives it; `value` is absent when the message left it out. */
export interface SideInput {
  readonly value?: string;
  readonly timestamp?: number;
}

/** A twin as a message gives it (devicetwin.md §5, MsgTwin). */
export interface TwinInput {
  readonly expected?: SideInput;
  readonly actual?: SideInput;
  readonly optional?: boolean;
  /** Absent when there is no metadata. */
  readonly type?: string;
  readonly expectedVersion?: TwinVersion;
  readonly actualVersion?: TwinVersion;
}

/** `null` asks for deletion. */
export type TwinInputs = ReadonlyMap<string, TwinInput | null>;

export interface TwinUpdate extends BaseMessage {
  /** Absent when the message has none. */
  readonly twins?: TwinInputs;
}

/** @throws {MalformedError} */
export function readTwinUpdate(content: unknown): TwinUpdate {
  const { eventId, rest } = readMessage(content);
  const twins = rest.get('twin');
  return twins === undefined ? { eventId } : { eventId, twins: readTwins(twins) };
}

/** @throws {MalformedError} */
export function readTwins(value: unknown): TwinInputs {
  const object = objectValue(value, 'twin');
  const twins = new Map<string, TwinInput | null>();
  for (const key of Object.keys(object)) {
    const twin = object[key];
    twins.set(key, twin === null ? null : readTwin(twin, key));
  }
  return twins;
}

function readTwin(value: unknown, key: string): TwinInput {
  const input: { -readonly [K in keyof TwinInput]: TwinInput[K] } = {};
  for (const [name, field] of fieldsOf(objectValue(value, `twin ${key}`))) {
    switch (name) {
      case 'expected':
        input.expected = readSide(field, name);
        break;
      case 'actual':
        input.actual = readSide(field, name);
        break;
      case 'optional':
        input.optional = flagValue(field, name);
        break;
      case 'metadata':
        input.type = readType(field);
        break;
      case 'expected_version':
        input.expectedVersion = readVersion(field, name);
        break;
      case 'actual_version':
        input.actualVersion = readVersion(field, name);
        break;
    }
  }
  return input;
}

function readSide(value: unknown, what: string): SideInput {
  const side: { value?: string; timestamp?: number } = {};
  for (const [name, field] of fieldsOf(objectValue(value, what))) {
    if (name === 'value') side.value = textValue(field, `${what}.value`);
    else if (name === 'metadata') {
      for (const [key, time] of fieldsOf(objectValue(field, `${what}.metadata`))) {
        if (key === 'timestamp') side.timestamp = integerValue(time, `${what}.metadata.timestamp`);
      }
    }
  }
  return side;
}

/** The type a `metadata` object names, `''` when none. */
export function readType(value: unknown): string {
  let type = '';
  for (const [name, field] of fieldsOf(objectValue(value, 'metadata'))) {
    if (name === 'type') type = textValue(field, 'metadata.type');
  }
  return type;
}

function readVersion(value: unknown, what: string): TwinVersion {
  const version = { cloud: 0, edge: 0 };
  for (const [name, field] of fieldsOf(objectValue(value, what))) {
    if (name === 'cloud' || name === 'edge') version[name] = integerValue(field, `${what}.${name}`);
  }
  return version;
}

/** @throws {MalformedError} when there are none: for callers that cannot do without. */
export function twinsOf(update: TwinUpdate): TwinInputs {
  if (!update.twins) throw new MalformedError('there is no twin');
  return update.twins;
}
