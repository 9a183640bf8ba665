import {
  type AnyMessage,
  decode,
  encode,
  type Field,
  type Init,
  isMessage,
  type MessageType,
  type Shape,
} from '@edgecore/grpc';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as messages from '../../src/dmi/messages.js';
import { referenceMethod } from './proto-text.js';

/** A value of every field of a message, as ours writes it. */
function anyMessage(type: AnyMessage): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.fromEntries(type.fields.map((field) => [field.name, anyField(field)]));
  return fc.record(fields, { requiredKeys: [] });
}

function anyField({ kind, many }: Field): fc.Arbitrary<unknown> {
  const one = anyValue(kind);
  if (many === 'repeated') return fc.array(one, { maxLength: 3 });
  // Not `__proto__`: the reference loses it. Not a number: the reference's objects put those first.
  const key = text.filter((name) => name !== '__proto__' && !/^\d+$/.test(name));
  if (many === 'map') return fc.array(fc.tuple(key, one), { maxLength: 3 }).map((all) => new Map(all));
  return one;
}

const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }));

function anyValue(kind: Field['kind']): fc.Arbitrary<unknown> {
  switch (kind) {
    case 'string':
      return text;
    case 'bytes':
      return fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
    case 'bool':
      return fc.boolean();
    case 'int32':
      return fc.integer();
    case 'int64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case 'float':
      return fc.float({ noNaN: true });
    default:
      if (isMessage(kind)) return anyMessage(kind);
      throw new Error('DMI has no enumerations');
  }
}

/** Our value the way the reference shows it: no `undefined`, numbers of 64 bits as text, `Any`'s own names. */
function asReference(type: AnyMessage, values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    type.fields.map((field) => [
      referenceName(type, field.name),
      fieldAsReference(field, values[field.name]),
    ]),
  );
}

const referenceName = (type: AnyMessage, name: string) =>
  type.name === 'google.protobuf.Any' && name === 'typeUrl' ? 'type_url' : name;

function fieldAsReference({ kind, many }: Field, value: unknown): unknown {
  const one = (item: unknown) => {
    if (typeof item === 'bigint') return String(item);
    return isMessage(kind) ? asReference(kind, item as Record<string, unknown>) : item;
  };
  if (many === 'repeated') return (value as unknown[]).map(one);
  if (many === 'map')
    return Object.fromEntries([...(value as Map<string, unknown>)].map(([key, item]) => [key, one(item)]));
  return value === undefined ? null : one(value);
}

const CASES: [MessageType<Shape>, string, string, 'request' | 'response'][] = [
  [messages.MapperRegisterRequest, 'DeviceManagerService', 'MapperRegister', 'request'],
  [messages.MapperRegisterResponse, 'DeviceManagerService', 'MapperRegister', 'response'],
  [messages.ReportDeviceStatusRequest, 'DeviceManagerService', 'ReportDeviceStatus', 'request'],
  [messages.ReportDeviceStatesRequest, 'DeviceManagerService', 'ReportDeviceStates', 'request'],
  [messages.DeviceRequest, 'DeviceMapperService', 'RegisterDevice', 'request'],
  [messages.DeviceModelRequest, 'DeviceMapperService', 'UpdateDeviceModel', 'request'],
  [messages.Empty, 'DeviceManagerService', 'ReportDeviceStatus', 'response'],
  [messages.StringValue, 'Values', 'StringValue', 'request'],
  [messages.BoolValue, 'Values', 'BoolValue', 'request'],
  [messages.FloatValue, 'Values', 'FloatValue', 'request'],
  [messages.Int64Value, 'Values', 'Int64Value', 'request'],
] as [MessageType<Shape>, string, string, 'request' | 'response'][];

describe('the codec and protobufjs understand each other', () => {
  test.each(CASES.map((it) => [it[0].name, ...it] as const))('%s', (_, type, service, method, side) => {
    const { requestSerialize, requestDeserialize, responseSerialize, responseDeserialize } = referenceMethod(
      service,
      method,
    );
    const write = side === 'request' ? requestSerialize : responseSerialize;
    const read = side === 'request' ? requestDeserialize : responseDeserialize;
    fc.assert(
      fc.property(anyMessage(type), (init) => {
        const bytes = encode(type, init as Init<typeof type>);
        const own = decode(type, bytes);
        const reference = read(bytes) as Record<string, unknown>;
        expect(asReference(type, own)).toEqual(reference);
        expect(decode(type, write(reference))).toEqual(own);
        expect(encode(type, own)).toEqual(bytes);
      }),
      { numRuns: 25 },
    );
  });
});
