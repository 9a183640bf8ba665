import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoggerOptions } from '@edgecore/edgecore';
import { CliError } from '../errors.js';
import type { CloudMessage, CloudPorts, EmbeddedCloud, EmbeddedCloudOptions } from './cloud.js';

/** What the child process is told, as JSON. */
export interface CloudProcessArguments extends CloudPorts {
  readonly dataDir: string;
  readonly manifestsDir: string;
  readonly logLevel: NonNullable<LoggerOptions['level']>;
}

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Starts the embedded cloud as a child process, so that its memory and its
 * crashes are its own. One that ends unasked is started again on the same ports.
 * @throws {CliError} with the cloud's own text when it cannot start.
 */
export async function forkCloud(options: EmbeddedCloudOptions): Promise<EmbeddedCloud> {
  const cloud = new ForkedCloud(options);
  await cloud.start();
  return cloud;
}

class ForkedCloud implements EmbeddedCloud {
  hubPort = 0;
  httpsPort = 0;
  tunnelPort = 0;
  kubePort = 0;
  readonly #options: EmbeddedCloudOptions;
  #child: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #stopped = false;
  #pauseMs = 1000;

  constructor(options: EmbeddedCloudOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    const { dataDir, manifestsDir, logLevel } = this.#options;
    const settings: CloudProcessArguments = {
      dataDir,
      manifestsDir,
      hubPort: this.hubPort,
      httpsPort: this.httpsPort,
      tunnelPort: this.tunnelPort,
      kubePort: this.kubePort,
      logLevel: logLevel as CloudProcessArguments['logLevel'],
    };
    // Built beside this file, whichever chunk this is in.
    const script = fileURLToPath(new URL('./cloud-server.js', import.meta.url));
    const child = fork(script, [JSON.stringify(settings)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    child.on('message', (message) => this.#options.onMessage(message as CloudMessage));
    const ready = await firstMessage(child);
    this.hubPort = ready.hubPort;
    this.httpsPort = ready.httpsPort;
    this.tunnelPort = ready.tunnelPort;
    this.kubePort = ready.kubePort;
    this.#pauseMs = 1000;
    child.once('exit', () => this.#again());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(timer);
  }

  #again(): void {
    if (this.#stopped) return;
    this.#restart = setTimeout(() => {
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
      this.start().catch(() => this.#again());
    }, this.#pauseMs);
  }
}

function firstMessage(child: ChildProcess): Promise<Extract<CloudMessage, { type: 'ready' }>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail('it did not start in time');
    }, START_TIMEOUT_MS);
    const fail = (reason: string) => {
      clearTimeout(timer);
      reject(new CliError(`the embedded cloud could not start: ${reason}`));
    };
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(`it ended with ${signal ?? `exit code ${code}`}`));
    child.once('message', (message: CloudMessage) => {
      if (message.type !== 'ready') {
        fail(message.type === 'failed' ? message.message : `unexpected ${message.type}`);
        return;
      }
      clearTimeout(timer);
      child.removeAllListeners('exit');
      resolve(message);
    });
  });
}
