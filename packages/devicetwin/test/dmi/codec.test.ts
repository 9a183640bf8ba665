import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as messages from '../../src/dmi/messages.js';
import { decode } from '../../src/dmi/proto/decode.js';
import { encode } from '../../src/dmi/proto/encode.js';
import {
  type AnyMessage,
  type Field,
  type Init,
  type MessageType,
  message,
  type Shape,
} from '../../src/dmi/proto/message-type.js';
import { MalformedMessageError } from '../../src/dmi/proto/wire.js';
import { referenceMethod } from './proto-text.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** A value of every field of a message, as ours writes it. */
function anyMessage(type: AnyMessage): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.fromEntries(type.fields.map((field) => [field.name, anyField(field)]));
  return fc.record(fields, { requiredKeys: [] });
}

function anyField({ kind, many }: Field): fc.Arbitrary<unknown> {
  const one = anyValue(kind);
  if (many === 'repeated') return fc.array(one, { maxLength: 3 });
  // Not `__proto__`: the reference loses it.
  const key = text.filter((name) => name !== '__proto__');
  if (many === 'map') return fc.dictionary(key, one, { maxKeys: 3, noNullPrototype: true });
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
      return anyMessage(kind);
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
    return typeof kind === 'string' ? item : asReference(kind, item as Record<string, unknown>);
  };
  if (many === 'repeated') return (value as unknown[]).map(one);
  if (many === 'map')
    return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, one(item)]));
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

describe('the codec', () => {
  const Inner = message('Inner', { text: [1, 'string'], number: [2, 'int64'] });
  const Outer = message('Outer', {
    inner: [1, Inner],
    list: [2, 'string', 'repeated'],
    map: [3, Inner, 'map'],
    small: [4, 'int32'],
    yes: [5, 'bool'],
    real: [6, 'float'],
    raw: [7, 'bytes'],
  });

  test('writes the bytes of devicetwin.md §10.3', () => {
    expect(encode(messages.StringValue, { value: 'a' })).toEqual(hex('0a 01 61'));
    expect(encode(messages.FloatValue, { value: 1.5 })).toEqual(hex('0d 00 00 c0 3f'));
    expect(encode(messages.BoolValue, { value: true })).toEqual(hex('08 01'));
    expect(encode(messages.Int64Value, { value: 300n })).toEqual(hex('08 ac 02'));
    expect(encode(messages.StringValue, { value: '' })).toEqual(hex(''));
  });

  test('gives zero values for what is absent, and keeps an empty message', () => {
    expect(decode(Outer, Buffer.alloc(0))).toEqual({
      inner: undefined,
      list: [],
      map: {},
      small: 0,
      yes: false,
      real: 0,
      raw: Buffer.alloc(0),
    });
    expect(encode(Outer, { inner: {} })).toEqual(hex('0a 00'));
    expect(decode(Outer, hex('0a 00')).inner).toEqual({ text: '', number: 0n });
  });

  test('takes negative numbers', () => {
    const bytes = encode(Outer, { small: -1, inner: { number: -(2n ** 63n) } });
    expect(decode(Outer, bytes)).toMatchObject({ small: -1, inner: { number: -(2n ** 63n) } });
  });

  test('skips unknown fields of every wire type, groups too', () => {
    const unknown = [
      '78 ff 01',
      '79 0102030405060708',
      '7a 02 aabb',
      '7d 01020304',
      '7b 08 01 83 01 0a 00 84 01 7c',
    ];
    for (const bytes of unknown) expect(decode(Outer, hex(`${bytes} 20 07`)).small).toBe(7);
  });

  test('takes a known field with another wire type for an unknown one, as Go does', () => {
    expect(decode(Outer, hex('22 01 00 20 05'))).toMatchObject({ small: 5 });
  });

  test('merges a message that comes twice', () => {
    expect(decode(Outer, hex('0a 03 0a 01 61 0a 02 10 05')).inner).toEqual({ text: 'a', number: 5n });
  });

  test('an entry of a map may lack key or value; `__proto__` is a key like any other', () => {
    const { map } = decode(Outer, hex('1a 00 1a 0d 0a 09 5f5f70726f746f5f5f 12 00'));
    expect(Object.entries(map)).toEqual([
      ['', { text: '', number: 0n }],
      ['__proto__', { text: '', number: 0n }],
    ]);
  });

  test.each([
    ['a cut number', '20 80'],
    ['a number of eleven bytes', '20 80 80 80 80 80 80 80 80 80 80 01'],
    ['a number of more than 64 bits', '20 ff ff ff ff ff ff ff ff ff 02'],
    ['a string longer than the message', '12 05 61'],
    ['a length of 2⁶³', '12 80 80 80 80 80 80 80 80 80 01'],
    ['a string that is not UTF-8', '12 02 c3 28'],
    ['a cut float', '35 00'],
    ['the field 0', '00 01'],
    ['a field number beyond 2²⁹', '80 80 80 80 10 01'],
    ['wire type 6', '26 00'],
    ['the end of a group that was not begun', '7c'],
    ['a group without an end', '7b 08 01'],
    ['a group with the end of another', '7b 84 01'],
  ])('refuses %s', (_, bytes) => {
    expect(() => decode(Outer, hex(bytes))).toThrow(MalformedMessageError);
  });

  test('has limits on depth and on the number of fields', () => {
    expect(() => decode(Outer, Buffer.alloc(1000, 0x7b))).toThrow('nested too deeply');
    const limits = { maxDepth: 2, maxFields: 5 };
    expect(decode(Outer, hex('12 00 12 00 12 00 12 00 12 00'), limits).list).toHaveLength(5);
    expect(() => decode(Outer, hex('12 00 12 00 0a 02 10 05 12 00 12 00'), limits)).toThrow(
      'too many fields',
    );
    expect(() => decode(Outer, hex('1a 02 12 00'), { ...limits, maxDepth: 2 })).toThrow('nested too deeply');
  });

  test('any bytes are a message or a MalformedMessageError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decode(messages.MapperRegisterResponse, Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessageError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
