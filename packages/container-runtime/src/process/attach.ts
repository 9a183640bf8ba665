import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { UnsupportedByRuntimeError } from '../errors.js';
import type { StreamOptions, StreamSession } from '../runtime.js';
import type { ContainerEntry } from './container-entry.js';
import { endOfLog, followLog } from './log-reader.js';

/**
 * Joins a running container's streams: output from now on, line by line (it
 * comes by way of the log), and input if the pod asked for `stdin`.
 *
 * @throws {UnsupportedByRuntimeError} for a terminal, or input nobody reads.
 * @throws {ContainerNotRunningError}
 */
export async function openAttach(
  entry: ContainerEntry,
  { stdin, stdout, stderr, tty, signal }: Omit<StreamOptions, 'command'>,
): Promise<StreamSession> {
  await entry.runningPid();
  if (tty) throw new UnsupportedByRuntimeError('process', 'attach with a terminal; use exec');
  if (stdin && !entry.record.config.stdin) {
    throw new UnsupportedByRuntimeError(
      'process',
      'input to a container whose pod spec has no `stdin: true`',
    );
  }
  // Before any input can cause output.
  const place = await endOfLog(entry.pump);
  const stop = new AbortController();
  const signals = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const input = stdin && createWriteStream(entry.paths.stdin, { flags: 'r+' });
  input?.on('error', () => stdin?.unpipe(input));
  if (input) stdin?.pipe(input);
  const records = followLog(entry.pump, place, signals);
  const copy = async (): Promise<number> => {
    try {
      for await (const { stream, data } of records) {
        const to = stream === 'stdout' ? stdout : stderr;
        if (to && !to.destroyed && !to.write(data)) await once(to, 'drain', { signal: signals });
      }
      if (signal?.aborted) throw signal.reason;
      return entry.status().exitCode;
    } finally {
      stop.abort();
      if (input) stdin?.unpipe(input);
      input?.destroy();
    }
  };
  const done = copy();
  done.catch(() => undefined);
  return { done, resize: () => Promise.resolve() };
}
