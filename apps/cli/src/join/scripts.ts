import { spawn } from 'node:child_process';
import { CliError } from '../errors.js';

/** Runs a `--pre-run` or `--post-run` script with the terminal of the command. */
export async function runScript(script: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new CliError(`"${script}" ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}
