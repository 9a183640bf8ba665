import { type BaseMessage, readMessage } from './base-message.js';
import { fieldsOf, flagValue, MalformedError, objectValue, textValue } from './read.js';
import { readTwins, readType, type TwinInputs } from './twin-input.js';

/** An attribute as a message gives it. */
export interface AttributeInput {
  readonly value?: string;
  readonly optional?: boolean;
  /** Absent when there is no metadata. */
  readonly type?: string;
}

/** `null` asks for deletion. */
export type AttributeInputs = ReadonlyMap<string, AttributeInput | null>;

/** A device as the cloud names it. */
export interface DeviceInput {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly state: string;
  readonly lastOnline: string;
  readonly attributes?: AttributeInputs;
  readonly twins?: TwinInputs;
}

export interface MembershipUpdate extends BaseMessage {
  readonly added: readonly DeviceInput[];
  readonly removed: readonly DeviceInput[];
}

/** @throws {MalformedError} */
export function readMembershipUpdate(content: unknown): MembershipUpdate {
  const { eventId, rest } = readMessage(content);
  return {
    eventId,
    added: readDevices(rest.get('added_devices'), 'added_devices'),
    removed: readDevices(rest.get('removed_devices'), 'removed_devices'),
  };
}

/** Devices of a `membership/detail` answer: all there are. @throws {MalformedError} */
export function readMembershipDetail(content: unknown): readonly DeviceInput[] {
  const devices = readMessage(content).rest.get('devices');
  if (devices === undefined) throw new MalformedError('there are no devices');
  return readDevices(devices, 'devices');
}

function readDevices(value: unknown, what: string): DeviceInput[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new MalformedError(`${what} is not a list`);
  return value.map((device) => readDevice(device, what));
}

const TEXTS: Readonly<Record<string, 'id' | 'name' | 'description' | 'state' | 'lastOnline'>> = {
  id: 'id',
  name: 'name',
  description: 'description',
  state: 'state',
  last_online: 'lastOnline',
};

function readDevice(value: unknown, what: string): DeviceInput {
  const device: { -readonly [K in keyof DeviceInput]: DeviceInput[K] } = {
    id: '',
    name: '',
    description: '',
    state: '',
    lastOnline: '',
  };
  for (const [name, field] of fieldsOf(objectValue(value, `a device of ${what}`))) {
    const text = TEXTS[name];
    if (text) device[text] = textValue(field, name);
    else if (name === 'attributes') device.attributes = readAttributes(field);
    else if (name === 'twin') device.twins = readTwins(field);
  }
  return device;
}

/** @throws {MalformedError} */
export function readAttributes(value: unknown): AttributeInputs {
  const object = objectValue(value, 'attributes');
  const attributes = new Map<string, AttributeInput | null>();
  for (const key of Object.keys(object)) {
    const attribute = object[key];
    attributes.set(key, attribute === null ? null : readAttribute(attribute, key));
  }
  return attributes;
}

function readAttribute(value: unknown, key: string): AttributeInput {
  const input: { -readonly [K in keyof AttributeInput]: AttributeInput[K] } = {};
  for (const [name, field] of fieldsOf(objectValue(value, `attribute ${key}`))) {
    if (name === 'value') input.value = textValue(field, name);
    else if (name === 'optional') input.optional = flagValue(field, name);
    else if (name === 'metadata') input.type = readType(field);
  }
  return input;
}
