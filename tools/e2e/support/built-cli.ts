import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Printing, says } from '@edgecore/testing';

const MAIN = fileURLToPath(new URL('../../../apps/cli/dist/main.js', import.meta.url));

/** The command as it is shipped. @throws when it was not built. */
export function builtCli(): string {
  if (existsSync(MAIN)) return MAIN;
  throw new Error('the command is not built; run: pnpm turbo run build --filter=@edgecore/cli...');
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A started `edgecore` command. */
export class CliProcess implements Printing {
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #output = '';

  /** @param through What starts it, such as `nsenter` with its options. */
  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    through: readonly string[] = [],
  ) {
    const [command, ...rest] = [...through, process.execPath, builtCli(), ...args];
    this.#child = spawn(command!, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, CHECK_EDGECORE_ENVIRONMENT: 'false', ...env },
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        // The end tells why something failed; hours of log need not be kept.
        this.#output = (this.#output + text).slice(-400_000);
      });
    }
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      // Not `exit`: then the output may not all be here yet.
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it printed, standard output and error together. */
  get output(): string {
    return this.#output;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for a text; throws with the output when the process ends or the time is over. */
  says(text: string, timeoutMs = 20_000): Promise<void> {
    return says(this, text, timeoutMs);
  }
}

/** Runs one command to its end. @throws with what it printed when it fails. */
export function runCli(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [builtCli(), ...args], (error, stdout, stderr) => {
      if (error) reject(new Error(`edgecore ${args.join(' ')} failed: ${stderr}${stdout}`));
      else resolve(stdout);
    });
  });
}
