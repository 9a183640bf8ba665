import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { writeAtomically } from '../../src/volumes/atomic-writer.js';

describe('atomic writer (edged.md §7.2)', () => {
  let directory: string;
  const now = Date.parse('2026-11-23T08:07:06Z');
  const payload = (files: Record<string, string>, mode = 0o644) =>
    new Map(Object.entries(files).map(([path, text]) => [path, { data: Buffer.from(text), mode }]));
  const read = (path: string) => readFileSync(join(directory, path), 'utf8');

  beforeEach(async () => {
    directory = await tempDir();
  });

  test('the layout', async () => {
    expect(await writeAtomically(directory, payload({ a: '1', 'x/y': '2' }, 0o400), now)).toBe(true);
    const data = readlinkSync(join(directory, '..data'));
    expect(data).toMatch(/^\.\.2026_11_23_08_07_06\.[0-9a-f]+$/);
    expect(readdirSync(directory).sort()).toEqual(['..data', data, 'a', 'x'].sort());
    expect(readlinkSync(join(directory, 'a'))).toBe('..data/a');
    expect(readlinkSync(join(directory, 'x'))).toBe('..data/x');
    expect(read('x/y')).toBe('2');
    expect(statSync(join(directory, 'a')).mode & 0o777).toBe(0o400);
    expect(lstatSync(join(directory, data)).mode & 0o777).toBe(0o755);
  });

  test('unchanged content changes nothing', async () => {
    await writeAtomically(directory, payload({ a: '1' }), now);
    const before = readdirSync(directory);
    expect(await writeAtomically(directory, payload({ a: '1' }), now + 60_000)).toBe(false);
    expect(readdirSync(directory)).toEqual(before);
  });

  test('an update switches all at once and removes what is gone', async () => {
    await writeAtomically(directory, payload({ a: '1', 'old/x': 'o' }), now);
    const first = readlinkSync(join(directory, '..data'));
    expect(await writeAtomically(directory, payload({ a: '2', new: 'n' }), now)).toBe(true);
    expect(read('a')).toBe('2');
    expect(read('new')).toBe('n');
    expect(readdirSync(directory)).not.toContain('old');
    expect(readdirSync(directory)).not.toContain(first);
  });

  test('ownership is prepared before anybody can see it', async () => {
    let seen = '';
    await writeAtomically(directory, payload({ a: '1' }), now, async (fresh) => {
      seen = readdirSync(directory).join(' ');
      chmodSync(join(fresh, 'a'), 0o440);
    });
    expect(seen).not.toContain('..data');
    expect(statSync(join(directory, 'a')).mode & 0o777).toBe(0o440);
  });

  test('a write that fails leaves nothing and the old content in place', async () => {
    await writeAtomically(directory, payload({ a: '1' }), now);
    const before = readdirSync(directory);
    const refuse = () => Promise.reject(new Error('no space left on device'));
    await expect(writeAtomically(directory, payload({ a: '2' }), now, refuse)).rejects.toThrow('no space');
    expect(readdirSync(directory)).toEqual(before);
    expect(read('a')).toBe('1');
  });

  test('an empty payload is an empty volume', async () => {
    await writeAtomically(directory, payload({ a: '1' }), now);
    await writeAtomically(directory, payload({}), now);
    expect(readdirSync(directory).filter((entry) => !entry.startsWith('..'))).toEqual([]);
  });

  test('a container that turned ..data elsewhere loses nothing of the host', async () => {
    const victim = await tempDir();
    writeFileSync(join(victim, 'precious'), 'x');
    await writeAtomically(directory, payload({ a: '1' }), now);
    rmSync(join(directory, '..data'));
    symlinkSync(relative(directory, victim), join(directory, '..data'));
    expect(await writeAtomically(directory, payload({ a: '2' }), now)).toBe(true);
    expect(read('a')).toBe('2');
    expect(readdirSync(victim)).toEqual(['precious']);
  });

  test('what an agent that died half-way left goes with the next change', async () => {
    await writeAtomically(directory, payload({ a: '1' }), now);
    mkdirSync(join(directory, '..2026_11_23_08_07_05.00ff'));
    mkdirSync(join(directory, '..data_tmp'));
    await writeAtomically(directory, payload({ a: '2' }), now);
    const data = readlinkSync(join(directory, '..data'));
    expect(readdirSync(directory).sort()).toEqual(['..data', data, 'a'].sort());
  });
});
