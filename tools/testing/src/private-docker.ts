import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BUSYBOX_IMAGE, docker, ensureTestImages, PAUSE_IMAGE } from './docker.js';
import { eventually, tempDir } from './temp.js';

const run = promisify(execFile);

export interface PrivateDockerOptions {
  /** Size of the disk for images and containers, in MiB; in memory. Default: the machine's disk. */
  readonly diskMiB?: number;
}

/**
 * A Docker engine of its own, with the test images: to be stopped and
 * filled without anybody else noticing. Needs root.
 */
export class PrivateDocker {
  readonly socket: string;
  readonly #dir: string;
  readonly #bridge: string;
  #daemon: ChildProcess | undefined;
  #hasDisk = false;

  static async create(options: PrivateDockerOptions = {}): Promise<PrivateDocker> {
    await ensureTestImages();
    const engine = new PrivateDocker(await tempDir('ec-docker-'));
    try {
      if (options.diskMiB !== undefined) await engine.#mountDisk(options.diskMiB);
      // Instead of the machine's.
      await writeFile(join(engine.#dir, 'daemon.json'), '{}');
      await engine.#addBridge();
      await engine.start();
      const images = join(engine.#dir, 'images.tar');
      await docker('save', '--output', images, BUSYBOX_IMAGE, PAUSE_IMAGE);
      await engine.docker('load', '--input', images);
      return engine;
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  private constructor(dir: string) {
    this.#dir = dir;
    this.socket = join(dir, 'docker.sock');
    this.#bridge = `ec${randomInt(0x10000000, 0x7fffffff).toString(16)}`;
  }

  /** The docker command on this engine. */
  docker(...args: string[]): Promise<string> {
    return docker('--host', `unix://${this.socket}`, ...args);
  }

  async start(): Promise<void> {
    const dir = this.#dir;
    const log = openSync(join(dir, 'dockerd.log'), 'a');
    this.#daemon = spawn(
      'dockerd',
      [
        ...['--host', `unix://${this.socket}`, '--bridge', this.#bridge],
        ...['--data-root', join(dir, 'data'), '--exec-root', join(dir, 'exec')],
        ...['--pidfile', join(dir, 'docker.pid'), '--config-file', join(dir, 'daemon.json')],
        // Its pods talk to this machine only.
        ...['--iptables=false', '--ip-masq=false', '--ip-forward=false'],
      ],
      { stdio: ['ignore', log, log] },
    );
    let failure: string | undefined;
    this.#daemon.once('error', (error) => {
      failure = error.message;
    });
    this.#daemon.once('exit', (code, signal) => {
      failure = `it ended with ${signal ?? code}`;
    });
    await eventually(
      async () =>
        failure !== undefined ||
        (await this.docker('version').then(
          () => true,
          () => false,
        )),
      { timeoutMs: 60_000, intervalMs: 100, what: 'an answer of the engine' },
    );
    if (failure === undefined) return;
    const text = await readFile(join(dir, 'dockerd.log'), 'utf8');
    throw new Error(`dockerd did not start: ${failure}\n${text.slice(-2000)}`);
  }

  /** As a service manager does it: containers are ended, too. */
  async stop(): Promise<void> {
    const daemon = this.#daemon;
    if (!daemon || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const exited = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill('SIGTERM');
    await exited;
  }

  /** Ends the engine, its containers and its bridge. */
  async close(): Promise<void> {
    await this.#removeContainers().catch(() => {});
    await this.stop();
    await run('ip', ['link', 'del', this.#bridge]).catch(() => {});
    if (this.#hasDisk) await run('umount', ['--lazy', join(this.#dir, 'data')]).catch(() => {});
  }

  async #mountDisk(sizeMiB: number): Promise<void> {
    const data = join(this.#dir, 'data');
    await mkdir(data);
    await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', data]);
    this.#hasDisk = true;
  }

  async #removeContainers(): Promise<void> {
    const ids = await this.docker('ps', '--all', '--quiet');
    if (ids !== '') await this.docker('rm', '--force', '--volumes', ...ids.split('\n'));
  }

  /** Its own bridge, in a network nobody on this machine has. */
  async #addBridge(): Promise<void> {
    const { stdout } = await run('ip', ['-o', '-4', 'addr']);
    let network: string;
    do network = `10.${randomInt(180, 250)}.${randomInt(256)}`;
    while (stdout.includes(` ${network}.`));
    await run('ip', ['link', 'add', 'name', this.#bridge, 'type', 'bridge']);
    await run('ip', ['addr', 'add', `${network}.1/24`, 'dev', this.#bridge]);
    await run('ip', ['link', 'set', this.#bridge, 'up']);
  }
}
