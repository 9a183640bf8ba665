import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { demultiplex, type OutputChunk } from '../../src/docker/streams/demultiplex.js';
import { terminalRecords } from '../../src/docker/streams/docker-logs.js';
import { lines } from '../../src/docker/streams/lines.js';
import { writeOutput } from '../../src/docker/streams/write-output.js';
import { collect } from '../compliance/fixture.js';

function frame({ stream, data }: OutputChunk): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream === 'stderr' ? 2 : 1;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

/** The bytes, cut at the given places. */
async function* cut(bytes: Buffer, places: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0;
  for (const place of [...places].map((at) => at % (bytes.length + 1)).sort((a, b) => a - b)) {
    yield bytes.subarray(from, place);
    from = place;
  }
  yield bytes.subarray(from);
}

const places = fc.array(fc.nat(), { maxLength: 20 });

describe("the engine's frames", () => {
  test('are found wherever the network cuts them', async () => {
    const chunk = fc.record({
      stream: fc.constantFrom('stdout' as const, 'stderr' as const),
      data: fc.uint8Array({ maxLength: 50 }).map((data) => Buffer.from(data)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 10 }), places, async (chunks, at) => {
        const bytes = Buffer.concat(chunks.map(frame));
        expect(await collect(demultiplex(cut(bytes, at)))).toEqual(chunks);
      }),
    );
  });

  test('that are none are not taken for output', async () => {
    await expect(collect(demultiplex(cut(Buffer.from('plain text, no frames'), [])))).rejects.toThrow(
      'not framed',
    );
    const huge = Buffer.from([1, 0, 0, 0, 255, 255, 255, 255]);
    await expect(collect(demultiplex(cut(huge, [])))).rejects.toThrow('not framed');
  });
});

describe("a terminal's log", () => {
  const time = '2026-11-23T08:07:12.180610561Z';

  test('is cut into lines and records of 16 KiB, wherever the network cuts it', async () => {
    const long = 'y'.repeat(16 * 1024);
    const bytes = Buffer.from(`${time} one\r\n${time} ${long}${time} rest\n${time} \n${time} open`);
    await fc.assert(
      fc.asyncProperty(places, async (at) => {
        const records = await collect(terminalRecords(cut(bytes, at)));
        expect(records.map(({ data }) => data.toString())).toEqual(['one\r\n', long, 'rest\n', '\n', 'open']);
        expect(new Set(records.map((record) => record.time))).toEqual(new Set([time]));
      }),
      { numRuns: 50 },
    );
  });
});

describe('lines', () => {
  test('are put together again, characters of several bytes too', async () => {
    const bytes = Buffer.from('{"a":"ä€"}\n\n{"b":1}\r\n{"c"');
    await fc.assert(
      fc.asyncProperty(places, async (at) => {
        const found = await collect(lines(cut(bytes, at)));
        expect(found.map((line) => line.trim())).toEqual(['{"a":"ä€"}', '{"b":1}', '{"c"']);
      }),
    );
  });

  test('have a limit', async () => {
    await expect(collect(lines(cut(Buffer.alloc(2 * 1024 * 1024, 'x'), [])))).rejects.toThrow('1 MiB');
  });
});

test('output waits for a slow receiver', async () => {
  const stdout = new PassThrough({ highWaterMark: 16 });
  let produced = 0;
  async function* produce(): AsyncGenerator<OutputChunk> {
    for (; produced < 100; produced++) yield { stream: 'stdout', data: Buffer.alloc(16) };
  }
  const written = writeOutput(produce(), { stdout });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(produced).toBeLessThan(10);
  stdout.resume();
  await written;
  expect(produced).toBe(100);
});

test('output fails when its receiver is gone', async () => {
  const stdout = new PassThrough();
  stdout.on('error', () => {});
  stdout.destroy(new Error('client left'));
  async function* produce(): AsyncGenerator<OutputChunk> {
    yield { stream: 'stdout', data: Buffer.from('x') };
  }
  await expect(writeOutput(produce(), { stdout })).rejects.toThrow();
});
