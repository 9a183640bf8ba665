import { createMessage, type Message } from '@edgecore/beehive';
import {
  decodePackedPayload,
  encodePacked,
  PACKED_HEADER_BYTES,
  PACKED_MAX_PAYLOAD_BYTES,
  PackedDecoder,
  packPayload,
} from '@edgecore/viaduct';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PACKED_VECTORS } from './packed-vectors.js';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hexOf = (data: Uint8Array) => Buffer.from(data).toString('hex');
const text = (message: Message<Uint8Array>) => Buffer.from(message.content).toString('utf8');

describe('the worked examples of the specification', () => {
  test.each(PACKED_VECTORS)('$name encodes byte for byte', ({ message, hex }) => {
    expect(hexOf(encodePacked(message))).toBe(hex);
  });

  test.each(PACKED_VECTORS)('$name decodes', ({ message, content, hex }) => {
    const [decoded] = new PackedDecoder().push(bytes(hex));
    expect({ ...decoded, content: text(decoded!) }).toEqual({ ...message, content });
  });

  test('a stream of all of them is the same however it is cut in two', () => {
    const stream = bytes(PACKED_VECTORS.map(({ hex }) => hex).join(''));
    const whole = new PackedDecoder().push(stream);
    expect(whole).toHaveLength(PACKED_VECTORS.length);
    for (let cut = 0; cut <= stream.length; cut++) {
      const decoder = new PackedDecoder();
      const parts = [...decoder.push(stream.subarray(0, cut)), ...decoder.push(stream.subarray(cut))];
      expect(parts).toEqual(whole);
      expect(decoder.pendingBytes).toBe(0);
    }
  });
});

describe('limits and broken input', () => {
  test.each([0, 1, 2 ** 31, 1592611200000, -5])('timestamp %d survives', (timestamp) => {
    const [decoded] = new PackedDecoder().push(encodePacked(createMessage({ timestamp })));
    expect(decoded?.timestamp).toBe(timestamp);
  });

  test('bytes are content as they are', () => {
    const content = Uint8Array.of(0x70, 0x69, 0x6e, 0x67);
    expect(hexOf(encodePacked(createMessage<unknown>({ content })))).toMatch(/1a0470696e67$/);
  });

  test('a payload above 32 MiB is refused both ways', () => {
    const content = new Uint8Array(PACKED_MAX_PAYLOAD_BYTES);
    expect(() => encodePacked(createMessage<unknown>({ content }))).toThrow(/33554432/);
    const header = bytes('01010100010002000001');
    expect(() => new PackedDecoder().push(header)).toThrow(
      expect.objectContaining({ code: 'ERR_PACKED_CODEC' }),
    );
    const largest = new PackedDecoder();
    expect(largest.push(bytes('01010100010002000000'))).toEqual([]);
  });

  test('version, type and flags are not looked at', () => {
    const hex = PACKED_VECTORS[2]!.hex;
    const odd = bytes(`ffffffff0480${hex.slice(12)}`);
    expect(new PackedDecoder().push(odd)).toEqual(new PackedDecoder().push(bytes(hex)));
  });

  test('a truncated header or payload only waits', () => {
    const packet = bytes(PACKED_VECTORS[3]!.hex);
    const decoder = new PackedDecoder();
    expect(decoder.push(packet.subarray(0, PACKED_HEADER_BYTES - 1))).toEqual([]);
    expect(decoder.push(packet.subarray(PACKED_HEADER_BYTES - 1, -1))).toEqual([]);
    expect(decoder.push(packet.subarray(-1))).toHaveLength(1);
  });

  test('missing header or router fields read as empty', () => {
    expect(decodePackedPayload(bytes('1a026869'))).toMatchObject({ id: '', source: '', timestamp: 0 });
    expect(decodePackedPayload(new Uint8Array(0))).toMatchObject({ id: '', resource: '' });
  });

  test('unknown fields of every wire type are skipped', () => {
    const unknown = '2801' + '310102030405060708' + '3a0161' + '4501020304';
    expect(decodePackedPayload(bytes(`${unknown}0a030a0178`))).toMatchObject({ id: 'x' });
  });

  test.each([
    ['a truncated length', '0aff'],
    ['a length past the end', '0a05'],
    ['an endless number', `08${'ff'.repeat(11)}`],
    ['a group', '0b'],
    ['field number zero', '0200'],
    ['a truncated fixed field', '3101'],
    ['a timestamp beyond exact numbers', '0a0b18ffffffffffffffffff01'],
  ])('%s is a codec error', (_what, payload) => {
    const push = () => new PackedDecoder().push(packPayload(bytes(payload)));
    expect(push).toThrow(expect.objectContaining({ code: 'ERR_PACKED_CODEC' }));
  });

  test('random bytes never do worse than a codec error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (payload) => {
        try {
          decodePackedPayload(payload);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_PACKED_CODEC' });
        }
      }),
    );
  });
});

const messages = fc
  .record({
    id: fc.string({ unit: 'grapheme' }),
    parentId: fc.string(),
    timestamp: fc.maxSafeInteger(),
    sync: fc.boolean(),
    source: fc.string(),
    group: fc.string(),
    operation: fc.string(),
    resource: fc.string({ unit: 'grapheme' }),
    content: fc.uint8Array({ maxLength: 300 }),
  })
  .map((fields) => createMessage<Uint8Array>(fields));

test('any messages, cut anywhere, come out as they went in', () => {
  fc.assert(
    fc.property(
      fc.array(messages, { maxLength: 5 }),
      fc.array(fc.nat(400), { maxLength: 30 }),
      (sent, cuts) => {
        const stream = Buffer.concat(sent.map(encodePacked));
        const decoder = new PackedDecoder();
        const got: Message<Uint8Array>[] = [];
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          got.push(...decoder.push(stream.subarray(at, at + cut)));
          at += cut;
        }
        const plain = (message: Message<Uint8Array>) => ({ ...message, content: hexOf(message.content) });
        expect(got.map(plain)).toEqual(sent.map(plain));
      },
    ),
  );
});
