import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, spawnTypeScript } from '@edgecore/testing';
import type { DriverOptions } from './driver.js';

/** A call as the driver saw it. */
export interface DriverCall {
  readonly method: string;
  readonly request: Readonly<Record<string, unknown>>;
}

/** Starts and stops a test driver; its volumes outlive it. */
export class DriverProcess {
  readonly options: DriverOptions;
  #process: ChildProcess | undefined;

  /** @param root Edged's root directory. */
  constructor(root: string, directory: string, more: Partial<DriverOptions> = {}) {
    const name = more.name ?? 'csi-hostpath';
    mkdirSync(directory, { recursive: true });
    this.options = {
      name,
      directory,
      registration: join(root, 'plugins_registry', `${name}-reg.sock`),
      nodeId: 'node-of-driver',
      capabilities: ['STAGE_UNSTAGE_VOLUME'],
      ...more,
    };
  }

  async start(): Promise<void> {
    const registrations = this.calls('NotifyRegistrationStatus').length;
    mkdirSync(join(this.options.registration, '..'), { recursive: true });
    const file = new URL('./driver.ts', import.meta.url).href;
    const driver = spawnTypeScript(file, [JSON.stringify(this.options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = driver;
    await once(driver.stdout!, 'data');
    await eventually(() => this.calls('NotifyRegistrationStatus').length > registrations, {
      what: 'the registration of the driver',
    });
  }

  /** As `kill -9`: its sockets stay. */
  async kill(): Promise<void> {
    const driver = this.#process;
    this.#process = undefined;
    if (!driver || driver.exitCode !== null) return;
    const exited = once(driver, 'exit');
    driver.kill('SIGKILL');
    await exited;
  }

  /** Kills it and takes its sockets away, as a registrar does when it ends. */
  async stop(): Promise<void> {
    await this.kill();
    for (const path of [this.options.registration, join(this.options.directory, 'csi.sock')]) {
      rmSync(path, { force: true });
    }
  }

  /** What the driver was called for so far, of one method if given. */
  calls(method?: string): DriverCall[] {
    const file = join(this.options.directory, 'calls');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    const all = lines.map((line) => JSON.parse(line) as DriverCall);
    return all.filter((call) => method === undefined || call.method === method);
  }

  /** What it does wrong from now on, by method. */
  faults(faults: Readonly<Record<string, 'hang' | { code: number; message: string }>>): void {
    writeFileSync(join(this.options.directory, 'faults'), JSON.stringify(faults));
  }

  volume(handle: string): string {
    const directory = join(this.options.directory, 'volumes', handle);
    mkdirSync(directory, { recursive: true });
    return directory;
  }
}
