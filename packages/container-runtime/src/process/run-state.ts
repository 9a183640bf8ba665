import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ProcessRef, parseStat } from './process-table.js';

/** What the files of a run directory say; nothing else remembers how a container is doing. */
export interface RunState {
  /** `failed`: its command could not be started; start and finish are then one moment. */
  readonly phase: 'none' | 'starting' | 'running' | 'exited' | 'failed';
  readonly process?: ProcessRef;
  /** Milliseconds since the epoch, 0 when it has not happened. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  /** Why the start failed, or that the supervisor was lost; else `''`. */
  readonly error: string;
}

const NEVER: RunState = { phase: 'none', startedAt: 0, finishedAt: 0, exitCode: 0, error: '' };

/** Exit code of a container whose supervisor was killed or lost with the machine. */
const LOST_EXIT_CODE = 137;

/**
 * Files: `process` (stat line and boot id of the leader), `launch` (`started`
 * or `error <text>`), `exit` (code, then an optional text). Times are those of the files.
 */
export function readRunState(runDir: string): RunState {
  const exit = readLines(join(runDir, 'exit'));
  const launch = readLines(join(runDir, 'launch'));
  const identity = readLines(join(runDir, 'process'));
  const stat = identity && parseStat(identity.lines[0] ?? '');
  const process = stat && { pid: stat.pid, startTicks: stat.startTicks, bootId: identity.lines[1] ?? '' };
  const outcome = launch?.lines[0] ?? '';
  const started = outcome === 'started';
  if (exit) {
    const code = Number.parseInt(exit.lines[0] ?? '', 10);
    const exitCode = Number.isInteger(code) ? code : LOST_EXIT_CODE;
    if (!started) {
      const error =
        outcome.replace(/^error /, '').trim() || exit.lines[1] || 'the command could not be started';
      return { phase: 'failed', process, startedAt: exit.timeMs, finishedAt: exit.timeMs, exitCode, error };
    }
    const times = { startedAt: launch!.timeMs, finishedAt: Math.max(exit.timeMs, launch!.timeMs) };
    return { phase: 'exited', process, ...times, exitCode, error: exit.lines[1] ?? '' };
  }
  if (started) return { ...NEVER, phase: 'running', process, startedAt: launch!.timeMs };
  return exists(runDir) ? { ...NEVER, phase: 'starting', process } : NEVER;
}

/** Writes down that a start was given up before there was a supervisor. 128 is what engines say then. */
export function recordRefused(runDir: string, reason: string): void {
  writeFileSync(join(runDir, 'launch'), `error ${reason.replaceAll('\n', ' ')}\n`);
  writeFileSync(join(runDir, 'exit'), '128\n');
}

/** Writes down the end of a container that nobody else can record any more. */
export function recordLost(runDir: string): void {
  writeFileSync(
    join(runDir, 'exit'),
    `${LOST_EXIT_CODE}\nits supervisor was killed or the machine was restarted\n`,
  );
}

/** Only complete lines: the writer may be half-way. */
function readLines(path: string): { lines: string[]; timeMs: number } | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    if (!text.includes('\n')) return undefined;
    return { lines: text.split('\n').slice(0, -1), timeMs: Math.floor(statSync(path).mtimeMs) };
  } catch {
    return undefined;
  }
}

function exists(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
