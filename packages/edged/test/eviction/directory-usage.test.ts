import { execFileSync } from 'node:child_process';
import { link, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { directoryUsage } from '../../src/eviction/directory-usage.js';

test('files and directories count, links and what they lead to do not count twice', async () => {
  const elsewhere = await tempDir('usage-');
  await writeFile(join(elsewhere, 'large'), Buffer.alloc(1_000_000, 1));
  const directory = await tempDir('usage-');
  const empty = await directoryUsage(directory);
  expect(empty.inodes).toBe(1);
  await mkdir(join(directory, 'a', 'b'), { recursive: true });
  await writeFile(join(directory, 'a', 'b', 'file'), Buffer.alloc(100_000, 1));
  await link(join(directory, 'a', 'b', 'file'), join(directory, 'second-name'));
  await symlink(elsewhere, join(directory, 'away'));
  const { bytes, inodes } = await directoryUsage(directory);
  expect(inodes).toBe(5);
  expect(bytes - empty.bytes).toBeGreaterThanOrEqual(100_000);
  expect(bytes - empty.bytes).toBeLessThan(200_000);
});

test('holes take no room, a directory that is not there neither', async () => {
  const directory = await tempDir('usage-');
  await writeFile(join(directory, 'sparse'), '');
  await truncate(join(directory, 'sparse'), 2 ** 30);
  expect((await directoryUsage(directory)).bytes).toBeLessThan(100_000);
  expect(await directoryUsage(join(directory, 'none'))).toEqual({ bytes: 0, inodes: 0 });
});

test.each(process.getuid?.() === 0 ? ['bind'] : [])('what is mounted below is not counted: %s', async () => {
  const elsewhere = await tempDir('usage-');
  await writeFile(join(elsewhere, 'large'), Buffer.alloc(1_000_000, 1));
  const directory = await tempDir('usage-');
  await mkdir(join(directory, 'mount'));
  execFileSync('mount', ['--bind', elsewhere, join(directory, 'mount')]);
  try {
    expect((await directoryUsage(directory)).bytes).toBeLessThan(100_000);
  } finally {
    execFileSync('umount', [join(directory, 'mount')]);
  }
});
