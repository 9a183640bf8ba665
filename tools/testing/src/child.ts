import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Starts a TypeScript file of the workspace in a Node process of its own; sources are used, no build is needed. */
export function spawnTypeScript(
  file: string,
  args: readonly string[] = [],
  options: SpawnOptions = {},
): ChildProcess {
  const register = new URL('../child/register.mjs', import.meta.url).href;
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  return spawn(process.execPath, ['--import', register, path, ...args], options);
}
