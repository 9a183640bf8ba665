import { type FileHandle, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { LogPump } from '../../src/process/log-pump.js';
import { readLog } from '../../src/process/log-reader.js';
import { formatRecord } from '../../src/process/log-record.js';
import { text } from './pod.js';

const TIME = '2026-11-23T08:00:00.000000000Z';

/** A log of finished files, oldest first, that counts what is read of it. */
function logOf(files: readonly string[]) {
  const read = { bytes: 0 };
  const counted = (file: FileHandle) =>
    new Proxy(file, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (key !== 'read') return typeof value === 'function' ? value.bind(target) : value;
        return async (buffer: Buffer, offset: number, length: number, position: number) => {
          const result = await target.read(buffer, offset, length, position);
          read.bytes += result.bytesRead;
          return result;
        };
      },
    });
  const pump = {
    drain: async () => {},
    openLog: async (wanted: number) => {
      const generation = Math.min(Math.max(wanted, 0), files.length - 1);
      const last = generation === files.length - 1;
      const file = await open(files[generation]!, 'r');
      return { file: counted(file), generation, end: last ? (await file.stat()).size : undefined, last };
    },
  };
  return { pump: pump as unknown as LogPump, read };
}

describe('the tail of a log', () => {
  test('of a gigabyte is read from the end', async () => {
    const path = join(await tempDir(), '0.log');
    const file = await open(path, 'w');
    // Sparse: as long as a gigabyte of lines, on the disk next to nothing.
    await file.truncate(1024 ** 3);
    const lines = Array.from({ length: 5 }, (_, index) => `last ${index}\n`);
    const records = lines.flatMap((line) => formatRecord(TIME, 'stdout', Buffer.from(line)));
    await file.write(Buffer.concat([Buffer.from('\n'), ...records]), 0, undefined, 1024 ** 3);
    await file.close();
    const { pump, read } = logOf([path]);
    expect(await text(readLog(pump, { tailLines: 3 }))).toBe(lines.slice(2).join(''));
    expect(read.bytes).toBeLessThan(256 * 1024);
  });

  test('is the last records of all files together, wherever they were rotated', async () => {
    const directory = await tempDir();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.string({ maxLength: 40 }), { maxLength: 6 }), { minLength: 1, maxLength: 4 }),
        fc.nat(12),
        async (files, tailLines) => {
          run += 1;
          const lines = files.map((file) => file.map((line) => `${line.replaceAll('\n', ' ')}\n`));
          const paths = lines.map((_, index) => join(directory, `${run}-${index}`));
          for (const [index, file] of lines.entries()) {
            const records = file.flatMap((line) => formatRecord(TIME, 'stdout', Buffer.from(line)));
            await writeFile(paths[index]!, Buffer.concat(records));
          }
          const all = lines.flat();
          const expected = tailLines === 0 ? [] : all.slice(-tailLines);
          expect(await text(readLog(logOf(paths).pump, { tailLines }))).toBe(expected.join(''));
        },
      ),
      { numRuns: 60 },
    );
  });
});
