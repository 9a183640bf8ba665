import { type ChildProcess, execFile, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { UnsupportedByRuntimeError } from '../errors.js';
import type { StreamOptions, StreamSession } from '../runtime.js';
import { DEFAULT_PATH, type HostTools } from './host-tools.js';
import { listProcesses, type ProcessStat, readStat, signalProcess } from './process-table.js';
import { shellQuote } from './shell-quote.js';
import { waitAtMost } from './wait.js';

/** A background child may keep the streams open after the command has ended: wait for them only this long. */
const DRAIN_MS = 500;
const EXIT_CODES_OF_SIGNALS: Partial<Record<NodeJS.Signals, number>> = {
  SIGINT: 130,
  SIGKILL: 137,
  SIGTERM: 143,
};

/**
 * Runs a shell text as a session of its own, its streams joined to the given
 * ones. The signal kills it; `done` then rejects with the abort reason.
 *
 * @throws {UnsupportedByRuntimeError} for a terminal without util-linux's `script`.
 */
export function openExec(
  text: string,
  options: Omit<StreamOptions, 'command'>,
  tools: HostTools,
): StreamSession {
  if (options.tty && !tools.script) {
    throw new UnsupportedByRuntimeError('process', "a terminal: util-linux's `script` is not installed");
  }
  // `script` asks the terminal it is run from for its size; without one, it is given by resize().
  const command = options.tty
    ? `exec ${shellQuote(tools.script!)} -qefc ${shellQuote(text)} /dev/null`
    : text;
  const child = spawn('/bin/sh', ['-c', command], {
    detached: true,
    cwd: '/',
    env: { PATH: DEFAULT_PATH, SHELL: '/bin/sh', ...(options.tty && { TERM: 'xterm' }) },
    stdio: [options.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  const done = run(child, options);
  // The caller may look at it late.
  done.catch(() => undefined);
  return {
    done,
    resize: (columns, rows) =>
      options.tty ? resize(child.pid ?? 0, columns, rows, tools) : Promise.resolve(),
  };
}

async function run(
  child: ChildProcess,
  { stdin, stdout, stderr, signal }: Omit<StreamOptions, 'command'>,
): Promise<number> {
  const kill = () => child.pid !== undefined && void signalProcess(-child.pid, 'SIGKILL');
  signal?.addEventListener('abort', kill, { once: true });
  if (signal?.aborted) kill();
  // A command need not read its input to the end.
  child.stdin?.on('error', () => stdin?.unpipe(child.stdin!));
  if (child.stdin) stdin?.pipe(child.stdin);
  const outputs = [
    { from: child.stdout!, to: stdout },
    { from: child.stderr!, to: stderr },
  ].map(({ from, to }) => {
    if (to) from.pipe(to, { end: false });
    else from.resume();
    // A reader that has gone (a closed kubectl) must not stop the command at a full pipe.
    to?.once('close', () => from.unpipe(to).resume());
    return finished(from).catch(() => undefined);
  });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (exitCode, by) => resolve(exitCode ?? EXIT_CODES_OF_SIGNALS[by!] ?? 255));
    });
    // A slow reader gets all of it, however long it takes: only silence ends the wait.
    const all = Promise.all(outputs).then(() => true);
    while (!(await waitAtMost(all, DRAIN_MS)) && (isBlocked(stdout) || isBlocked(stderr)));
    if (signal?.aborted) throw signal.reason;
    return code;
  } finally {
    signal?.removeEventListener('abort', kill);
    if (child.stdin) stdin?.unpipe(child.stdin);
    child.stdin?.destroy();
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

/** Its reader has not taken what it was given. */
function isBlocked(to: Writable | undefined): boolean {
  return to !== undefined && !to.destroyed && to.writableNeedDrain;
}

/** Sets the size of the terminal that `script` made for its child. */
async function resize(scriptPid: number, columns: number, rows: number, tools: HostTools): Promise<void> {
  // The first size comes at once, when the terminal may not be there yet.
  let child: ProcessStat | undefined;
  for (let tries = 0; !child && tries < 100 && readStat(scriptPid); tries++) {
    if (tries > 0) await setTimeout(20);
    child = (await listProcesses()).find(({ ppid, tty }) => ppid === scriptPid && tty !== 0);
  }
  if (!child || !tools.stty) return;
  // Major 136 and up are Unix98 terminals; the minor's low byte and bits 20–31 make their number.
  const number =
    (child.tty & 0xff) | ((child.tty >>> 12) & 0xfff00) | ((((child.tty >>> 8) & 0xfff) - 136) << 8);
  const args = ['-F', `/dev/pts/${number}`, 'rows', String(rows), 'cols', String(columns)];
  await new Promise<void>((resolve) => execFile(tools.stty!, args, { env: {} }, () => resolve()));
}
