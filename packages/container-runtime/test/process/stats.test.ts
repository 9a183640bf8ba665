import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, tempDir } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { run, runtimes } from './pod.js';

const makeRuntime = runtimes();
const MIB = 2 ** 20;

/** User and system time of processes and the children they waited for, and their resident memory. */
async function kernelSays(pids: readonly number[]) {
  let cpuMs = 0;
  let rssBytes = 0;
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    // Fields 14 to 17, of which the first is the third here; in hundredths of a second.
    cpuMs += (fields[11]! + fields[12]! + fields[13]! + fields[14]!) * 10;
    rssBytes += Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
  }
  return { cpuMs, rssBytes };
}

test('figures of a container are those the kernel has of its processes', async () => {
  const directory = await tempDir();
  const runtime = await makeRuntime();
  const id = await run(
    runtime,
    `echo $$ > ${directory}/main
     (echo started; sleep 1000) | sh -c 'read line; x=$(head -c 20971520 /dev/zero | tr "\\0" x); echo $$ > ${directory}/holder; read line' &
     while :; do :; done`,
  );
  const read = async (name: string) => Number(await readFile(join(directory, name), 'utf8'));
  const holder = await eventually(() => read('holder'), { what: 'the process that holds memory' });
  const pids = [await read('main'), holder];
  // Each process has lost a tick's remainder of user and of system time.
  const FUZZ_MS = 40;
  const before = await kernelSays(pids);
  const stats = await runtime.stats(id);
  const after = await kernelSays(pids);
  const cpuMs = Number(stats.cpuNanoseconds) / 1e6;
  expect(cpuMs).toBeGreaterThanOrEqual(before.cpuMs);
  // The processes around these two do next to nothing.
  expect(cpuMs).toBeLessThanOrEqual(after.cpuMs + FUZZ_MS + 100);
  expect(stats.memoryRssBytes).toBeGreaterThanOrEqual(before.rssBytes);
  expect(stats.memoryRssBytes).toBeGreaterThan(20 * MIB);
  expect(stats.memoryRssBytes).toBeLessThan(after.rssBytes + 20 * MIB);
  expect(stats.memoryWorkingSetBytes).toBe(stats.memoryRssBytes);
  expect(stats.pids).toBeGreaterThanOrEqual(3);
  await runtime.stopContainer(id, 0);
  await expect(runtime.stats(id)).rejects.toMatchObject({ code: 'ERR_CONTAINER_NOT_RUNNING' });
});
