import { execFile } from 'node:child_process';
import { CommandError } from '../errors.js';

/** Runs a program of the system; for tests something that only pretends can take its place. */
export type RunCommand = (command: string, args: readonly string[], input?: string) => Promise<string>;

const TIMEOUT_MS = 15_000;

/** The program's output. @throws {CommandError} with what it said. */
export const runCommand: RunCommand = (command, args, input) =>
  new Promise((resolve, reject) => {
    const child = execFile(
      command,
      [...args],
      { timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, LC_ALL: 'C' } },
      (error, stdout, stderr) => {
        if (error) reject(new CommandError(command, args, stderr || error.message, { cause: error }));
        else resolve(stdout);
      },
    );
    // It may have ended without reading.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });

/** The same, when a failure means "was not there". */
export async function attempt(run: RunCommand, command: string, args: readonly string[]): Promise<boolean> {
  return run(command, args).then(
    () => true,
    () => false,
  );
}
