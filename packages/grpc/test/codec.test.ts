import { type AnyMessage, decode, encode, enumeration, MalformedMessageError, message } from '@edgecore/grpc';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('the codec', () => {
  const Text = message('Text', { value: [1, 'string'] });
  const Inner = message('Inner', { text: [1, 'string'], number: [2, 'int64'] });
  const Outer = message('Outer', {
    inner: [1, Inner],
    list: [2, 'string', 'repeated'],
    map: [3, Inner, 'map'],
    small: [4, 'int32'],
    yes: [5, 'bool'],
    real: [6, 'float'],
    raw: [7, 'bytes'],
    mode: [8, enumeration('OFF', 'ON')],
    left: [9, 'string', { oneof: 'side' }],
    right: [10, Inner, { oneof: 'side' }],
  });

  test('writes the bytes protobuf wants', () => {
    expect(encode(Outer, { list: ['a', ''] })).toEqual(hex('12 01 61 12 00'));
    expect(encode(Outer, { real: 1.5 })).toEqual(hex('35 00 00 c0 3f'));
    expect(encode(Outer, { yes: true, small: 0 })).toEqual(hex('28 01'));
    expect(encode(Inner, { number: 300n })).toEqual(hex('10 ac 02'));
    expect(encode(Text, { value: '' })).toEqual(hex(''));
    expect(encode(Outer, { mode: 1 })).toEqual(hex('40 01'));
  });

  test('equal messages have equal bytes, whatever the order of their maps', () => {
    const map = (...keys: string[]) => encode(Outer, { map: new Map(keys.map((key) => [key, {}])) });
    expect(map('b', 'a', '\u{1F600}', '\uFF00')).toEqual(map('a', '\uFF00', '\u{1F600}', 'b'));
  });

  test('a member of a oneof is written when it is zero; the last one read wins', () => {
    expect(encode(Outer, { left: '' })).toEqual(hex('4a 00'));
    expect(decode(Outer, hex('4a 00'))).toMatchObject({ left: '', right: undefined });
    expect(decode(Outer, hex('4a 01 61 52 00'))).toMatchObject({ left: undefined, right: { number: 0n } });
    expect(() => encode(Outer, { left: '', right: {} })).toThrow('Outer.right excludes left');
  });

  test('of an enumeration also numbers nobody knows are kept', () => {
    expect(decode(Outer, hex('40 4d')).mode).toBe(77);
    expect(decode(Outer, encode(Outer, { mode: -1 })).mode).toBe(-1);
  });

  test('two fields of one number are a mistake', () => {
    expect(() => message('M', { a: [1, 'string'], b: [1, 'bool'] })).toThrow('M: two fields');
  });

  test.each([
    [{ small: 1.5 }, 'Outer.small must be a whole number of 32 bits'],
    [{ inner: { number: 1 } }, 'Inner.number must be a bigint of 64 bits'],
    [{ inner: { number: 2n ** 63n } }, 'Inner.number must be a bigint of 64 bits'],
    [{ inner: 'x' }, 'Outer.inner must be a message Inner'],
    [{ list: 'x' }, 'Outer.list must be an array'],
    [{ list: [7] }, 'Outer.list must be a string'],
    [{ map: { a: {} } }, 'Outer.map must be a Map'],
    [{ map: new Map([[1, {}]]) }, 'a key of Outer.map must be a string'],
    [{ yes: 1 }, 'Outer.yes must be a boolean'],
    [{ real: '1' }, 'Outer.real must be a number'],
    [{ raw: 'x' }, 'Outer.raw must be bytes'],
    [{ mode: 'ON' }, 'Outer.mode must be the number of a value'],
  ])('%p is not written', (values, expected) => {
    expect(() => encode<AnyMessage>(Outer, values)).toThrow(expected);
  });

  test('gives zero values for what is absent, and keeps an empty message', () => {
    expect(decode(Outer, Buffer.alloc(0))).toEqual({
      inner: undefined,
      list: [],
      map: new Map(),
      small: 0,
      yes: false,
      real: 0,
      raw: Buffer.alloc(0),
      mode: 0,
      left: undefined,
      right: undefined,
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
    expect([...map]).toEqual([
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
          decode(Outer, bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessageError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
