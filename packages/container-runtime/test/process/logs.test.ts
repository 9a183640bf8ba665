import { readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '@edgecore/api';
import { eventually, tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  cutLines,
  formatRecord,
  MAX_LINE_BYTES,
  parseRecord,
  RecordClock,
} from '../../src/process/log-record.js';
import { collect, ended, run, runtimes, text } from './pod.js';

const makeRuntime = runtimes();

describe('logs', () => {
  test('carry stream, time and bytes of every line, binary and unfinished ones too', async () => {
    const runtime = await makeRuntime();
    const before = Date.now();
    const id = await run(runtime, `printf 'a\\000\\377b\\n'; sleep 0.1; echo e >&2; sleep 0.1; printf rest`);
    await ended(runtime, id);
    const records = await collect(runtime.logs(id));
    expect(records.map(({ stream, data }) => [stream, data.toString('latin1')])).toEqual([
      ['stdout', 'a\0\xffb\n'],
      ['stderr', 'e\n'],
      ['stdout', 'rest'],
    ]);
    for (const { time } of records) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
      expect(Date.parse(time)).toBeGreaterThanOrEqual(before - 20);
      expect(Date.parse(time)).toBeLessThanOrEqual(Date.now() + 20);
    }
    expect(Date.parse(records[2]!.time) - Date.parse(records[0]!.time)).toBeGreaterThanOrEqual(150);
    expect(await text(runtime.logs(id, { sinceMs: Date.parse(records[1]!.time) }))).toBe('rest');
    expect(await text(runtime.logs(id, { tailLines: 1 }))).toBe('rest');
    expect(await collect(runtime.logs(id, { tailLines: 0 }))).toEqual([]);
    expect(await collect(runtime.logs(id, { tailLines: 99 }))).toHaveLength(3);
  });

  test('are rotated without losing or repeating a line, for readers that follow too', async () => {
    const logPath = join(await tempDir(), 'main', '0.log');
    const runtime = await makeRuntime({ logMaxBytes: 64 * 1024, logMaxFiles: 40 });
    const id = await run(runtime, 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo "line number $i"; done', {
      logPath,
    });
    const followed = await text(runtime.logs(id, { follow: true }));
    const expected = Array.from({ length: 20_000 }, (_, index) => `line number ${index + 1}\n`).join('');
    expect(followed === expected).toBe(true);
    await ended(runtime, id);
    expect((await text(runtime.logs(id))) === expected).toBe(true);
    expect(await text(runtime.logs(id, { tailLines: 3 }))).toBe(
      expected.slice(expected.indexOf('line number 19998\n')),
    );
    const files = await readdir(join(logPath, '..'));
    expect(files.length).toBeGreaterThan(5);
    // A batch more than the limit at most.
    for (const file of files)
      expect((await stat(join(logPath, '..', file))).size).toBeLessThan(64 * 1024 + 512 * 1024);
  });

  test('keep the newest files only', async () => {
    const logPath = join(await tempDir(), 'main', '0.log');
    const runtime = await makeRuntime({ logMaxBytes: 16 * 1024, logMaxFiles: 2 });
    const id = await run(runtime, 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo "line number $i"; done', {
      logPath,
    });
    await ended(runtime, id);
    expect((await readdir(join(logPath, '..'))).length).toBeLessThanOrEqual(2);
    const lines = (await text(runtime.logs(id))).split('\n').filter(Boolean);
    const last = Number(lines.at(-1)?.split(' ')[2] ?? 20_000);
    expect(lines).toEqual(lines.map((_, index) => `line number ${last - lines.length + 1 + index}`));
  });

  test('a follower stops at its signal', async () => {
    const runtime = await makeRuntime();
    const id = await run(runtime, 'echo one; exec sleep 1000');
    const stop = new AbortController();
    const records = runtime.logs(id, { follow: true, signal: stop.signal });
    expect((await records[Symbol.asyncIterator]().next()).value?.data.toString()).toBe('one\n');
    stop.abort();
    expect((await records[Symbol.asyncIterator]().next()).done).toBe(true);
  });

  test('after a crash between log and position, go on without a gap or a double line', async () => {
    const rootDir = await tempDir();
    const logPath = join(await tempDir(), '0.log');
    const gate = join(await tempDir(), 'gate');
    const first = await makeRuntime({ rootDir });
    const id = await run(
      first,
      `echo one; while [ ! -e ${gate} ]; do sleep 0.02; done; echo two; sleep 1000`,
      { logPath },
    );
    await eventually(async () => (await text(first.logs(id))) === 'one\n');
    const position = join(rootDir, 'containers', id, 'log.position');
    const saved = await readFile(position);
    await writeFile(gate, '');
    await eventually(async () => (await text(first.logs(id))) === 'one\ntwo\n');
    await first.close();
    // As if the agent had died after writing `two` and before noting it.
    await writeFile(position, saved);
    const second = await makeRuntime({ rootDir });
    expect(await text(second.logs(id))).toBe('one\ntwo\n');
    await truncate(logPath, 0);
    expect(await text(second.logs(id))).toBe('');
  });

  test('catch up when the log could not be written for a while', async () => {
    const warnings: string[] = [];
    const warn = (message: string | object) => void warnings.push(String(message));
    const dir = join(await tempDir(), 'main');
    await writeFile(dir, 'a file where the directory should be');
    const runtime = await makeRuntime({ log: { ...silentLogger, warn } });
    const id = await run(runtime, 'echo one; echo two; exec sleep 1000', { logPath: join(dir, '0.log') });
    await eventually(() => warnings.length > 0);
    expect(warnings).toEqual([expect.stringContaining(`cannot write ${dir}/0.log`)]);
    await rm(dir);
    // The container is silent from here on: the periodic check has to do it.
    expect((await eventually(() => readFile(join(dir, '0.log'), 'utf8'))).match(/one|two/g)).toEqual([
      'one',
      'two',
    ]);
    expect(await text(runtime.logs(id))).toBe('one\ntwo\n');
  });

  test('give converted output back to the file system', async () => {
    const rootDir = await tempDir();
    const runtime = await makeRuntime({ rootDir });
    const id = await run(
      runtime,
      'head -c 8000000 /dev/zero | tr "\\0" x | fold -w 99; echo >&2; exec sleep 1000',
    );
    for await (const { stream } of runtime.logs(id, { follow: true })) if (stream === 'stderr') break;
    const raw = join(rootDir, 'containers', id, 'run', 'stdout');
    await eventually(async () => {
      const { size, blocks } = await stat(raw);
      return size > 8_000_000 && blocks * 512 < 3_000_000;
    });
  });
});

describe('log records', () => {
  test('parse as they were written, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom('stdout', 'stderr'),
        fc.boolean(),
        (bytes, stream, full) => {
          const body = Buffer.from(bytes.filter((byte) => byte !== 10));
          const data = full ? Buffer.concat([body, Buffer.from('\n')]) : body;
          const time = new RecordClock().stamp(1_700_000_000_000);
          expect(parseRecord(Buffer.concat(formatRecord(time, stream as 'stdout', data)))).toEqual({
            time,
            stream,
            data,
          });
        },
      ),
    );
  });

  test('cutting lines loses nothing and leaves only an unfinished line', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 * MAX_LINE_BYTES }), { maxLength: 5 }),
        fc.boolean(),
        (lengths, final) => {
          const bytes = Buffer.from(lengths.map((length) => 'x'.repeat(length)).join('\n'));
          const lines = cutLines(bytes, final);
          const joined = Buffer.concat(lines);
          expect(joined.equals(bytes.subarray(0, joined.length))).toBe(true);
          for (const line of lines) expect(line.length).toBeLessThanOrEqual(MAX_LINE_BYTES);
          const rest = bytes.subarray(joined.length);
          expect(rest.includes(10)).toBe(false);
          expect(rest.length).toBeLessThanOrEqual(final ? 0 : MAX_LINE_BYTES);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('times never run backwards', () => {
    const clock = new RecordClock();
    const stamps = [5, 5, 4, 7, 6].map((ms) => clock.stamp(ms));
    expect([...stamps].sort()).toEqual(stamps);
    expect(new Set(stamps).size).toBe(stamps.length);
  });
});
