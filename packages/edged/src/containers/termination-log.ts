import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '@edgecore/api';
import type { ContainerRuntime, ContainerStatus } from '@edgecore/container-runtime';
import { couldNotRun } from '../observe/observed-pod.js';

/** Most bytes of a message file, and of the log that stands in for it (edged.md §9.4). */
const MAX_MESSAGE_BYTES = 4096;
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;

/** Makes the empty file a new instance may write its message to. Every user of the container may. */
export async function createTerminationLog(podDirectory: string, container: string): Promise<string> {
  const file = join(podDirectory, 'containers', container, randomBytes(4).toString('hex'));
  await mkdir(dirname(file), { recursive: true, mode: 0o750 });
  await writeFile(file, '', { mode: 0o666 });
  await chmod(file, 0o666);
  return file;
}

/** What an ended instance left to say; `''` for nothing. */
export async function terminationMessage(
  runtime: ContainerRuntime,
  instance: ContainerStatus,
): Promise<string> {
  const { terminationMessagePath, terminationMessagePolicy } = instance.meta;
  const mount = instance.mounts.find(({ containerPath }) => containerPath === terminationMessagePath);
  const message = mount ? await tail(mount.hostPath, MAX_MESSAGE_BYTES) : '';
  if (message !== '' || terminationMessagePolicy !== 'FallbackToLogsOnError') return message;
  return instance.exitCode !== 0 && !couldNotRun(instance) ? logTail(runtime, instance.id) : '';
}

async function tail(path: string, bytes: number): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const length = Math.min(size, bytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.subarray(0, bytesRead).toString('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}

async function logTail(runtime: ContainerRuntime, id: string): Promise<string> {
  const lines: Buffer[] = [];
  for await (const { data } of runtime.logs(id, { tailLines: MAX_LOG_LINES })) lines.push(data);
  const text = Buffer.concat(lines);
  return text.subarray(Math.max(0, text.length - MAX_LOG_BYTES)).toString('utf8');
}
