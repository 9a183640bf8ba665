import { createHash } from 'node:crypto';
import { constants, createInflate } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { SPDY_DICTIONARY } from '../../src/server/spdy/dictionary.js';
import { FrameParser, SpdyProtocolError } from '../../src/server/spdy/frame-parser.js';
import { dataHead, type Frame, goaway, ping, rstStream, synReply } from '../../src/server/spdy/frames.js';
import {
  formatHeaders,
  HeaderReader,
  HeaderWriter,
  parseHeaders,
} from '../../src/server/spdy/header-block.js';

/** Sent by Go's client (edgestream.md §11). */
const GOLDEN_STREAMS = [
  '80030001000000290000000100000000000078f9e3c6a7c26260606004a7b392a2d4c45c6851c29a0a0a6800000000ffff',
  '800300010000001700000003000000000000c22e555c92929907000000ffff',
  '800300010000001900000005000000000000c22ac5565c92925f5a02000000ffff',
  '800300010000001500000007000000000000c229975a5404000000ffff',
  '800300010000001800000009000000000000c22e57945a9c59950a000000ffff',
];
const GOLDEN_REPLIES = [
  '80030002000000130000000178f9e3c6a7c262000200000000ffff',
  '800300020000000c00000003020100000000ffff',
];

const hex = (...parts: string[]) => Buffer.from(parts.join(''), 'hex');

function frames(bytes: Buffer, cut = bytes.length): Frame[] {
  const parser = new FrameParser();
  const all: Frame[] = [];
  for (let at = 0; at < bytes.length; at += cut) all.push(...parser.push(bytes.subarray(at, at + cut)));
  return all;
}

describe('SPDY/3.1 as Go speaks it', () => {
  test('the dictionary is the published one', () => {
    expect(SPDY_DICTIONARY).toHaveLength(1423);
    expect(createHash('sha256').update(SPDY_DICTIONARY).digest('hex')).toBe(
      '51d27341373f923f3cd88e1eb7162aeaa3723d7585ff2399201dc06498407f02',
    );
  });

  test.each([1, 2, 7, 1000])('five recorded streams are read, cut every %i bytes', async (cut) => {
    const reader = new HeaderReader();
    const types: string[] = [];
    for (const frame of frames(hex(...GOLDEN_STREAMS), cut)) {
      if (frame.kind !== 'synStream') throw new Error(frame.kind);
      types.push(`${frame.streamId} ${(await reader.read(frame.block)).get('streamtype')}`);
    }
    expect(types).toEqual(['1 error', '3 stdin', '5 stdout', '7 stderr', '9 resize']);
    reader.close();
  });

  test('answers without compression inflate to the same as the recorded ones', async () => {
    const writer = new HeaderWriter();
    const ours = [1, 3].map((id) => synReply(id, writer.write(new Map())));
    // Go's reader wants the empty block of a flush behind each; zlib's here would not miss it.
    for (const reply of [...ours, ...GOLDEN_REPLIES.map((reply) => hex(reply))])
      expect(reply.subarray(-5).toString('hex')).toBe('000000ffff');
    const inflated = async (replies: readonly Buffer[]) => {
      const inflate = createInflate({ dictionary: SPDY_DICTIONARY });
      const blocks: string[] = [];
      for (const reply of replies) {
        inflate.write(reply.subarray(12));
        await new Promise<void>((resolve) => inflate.flush(constants.Z_SYNC_FLUSH, resolve));
        blocks.push((inflate.read() as Buffer).toString('hex'));
      }
      return blocks;
    };
    expect(await inflated(ours)).toEqual(await inflated(GOLDEN_REPLIES.map((reply) => hex(reply))));
  });

  test('the other recorded frames are made and read byte for byte', () => {
    const stdin = Buffer.concat([dataHead(3, 3, false), Buffer.from('ls\n')]);
    const made = [stdin, dataHead(5, 0, true), rstStream(3, 5), ping(1), goaway(9, 0)];
    const recorded = [
      '00000003000000036c730a',
      '0000000501000000',
      '80030003000000080000000300000005',
      '800300060000000400000001',
      '80030007000000080000000900000000',
    ];
    expect(made.map((frame) => frame.toString('hex'))).toEqual(recorded);
    expect(frames(hex(...recorded), 3)).toMatchObject([
      { kind: 'data', streamId: 3 },
      { kind: 'data', streamId: 3 },
      { kind: 'data', streamId: 5, fin: true },
      { kind: 'rst', streamId: 3, status: 5 },
      { kind: 'ping', id: 1 },
      { kind: 'goaway', lastStreamId: 9, status: 0 },
    ]);
  });

  test('data is the same wherever the network cuts it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.integer({ min: 1, max: 500 }), (data, cut) => {
        const bytes = Buffer.concat([dataHead(7, data.length, true), Buffer.from(data), ping(3)]);
        const all = frames(bytes, cut);
        const pieces = all.flatMap((frame) => (frame.kind === 'data' ? [frame] : []));
        expect(Buffer.concat(pieces.map((piece) => piece.data))).toEqual(Buffer.from(data));
        expect(pieces.map(({ fin }) => fin)).toEqual(pieces.map((_, index) => index === pieces.length - 1));
        expect(all.at(-1)).toEqual({ kind: 'ping', id: 3 });
      }),
    );
  });

  test('headers survive writing and reading', () => {
    const text = fc.string({ unit: 'binary-ascii', maxLength: 20 });
    fc.assert(
      fc.property(
        fc.dictionary(
          text.map((name) => name.toLowerCase()),
          text,
        ),
        (record) => {
          const headers = new Map(Object.entries(record));
          expect(parseHeaders(formatHeaders(headers))).toEqual(headers);
        },
      ),
    );
  });

  test.each([
    ['another protocol', '80020001000000040000000000000000'],
    ['a control frame of 16 MiB', '8003000100ffffff'],
    ['a data frame of 16 MiB', '0000000100ffffff'],
    ['a reset without a status', '800300030000000400000001'],
  ])('%s is refused', (_, bytes) => {
    expect(() => frames(hex(bytes))).toThrow(SpdyProtocolError);
  });

  test('a header block that would fill the memory is refused', async () => {
    const reader = new HeaderReader();
    const writer = new HeaderWriter();
    const bomb = writer.write(new Map([['a', 'x'.repeat(40_000)]]));
    await expect(reader.read(bomb)).rejects.toThrow('exceeds 16384 bytes');
    reader.close();
    const other = new HeaderReader();
    await expect(other.read(hex('0102030405'))).rejects.toThrow('cannot be decompressed');
    other.close();
    expect(() => parseHeaders(hex('00000001000000ff61'))).toThrow('ends too early');
  });
});
