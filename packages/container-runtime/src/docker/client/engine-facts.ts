import type { Logger } from '@edgecore/api';
import type { EngineClient } from './engine-client.js';
import type { EngineInfo } from './engine-types.js';

export type CgroupDriver = 'cgroupfs' | 'systemd';

/** What is asked of an engine once: its cgroup driver and where it keeps its files. */
export class EngineFacts {
  readonly #client: EngineClient;
  readonly #configured: CgroupDriver | 'auto';
  readonly #log: Logger;
  #info: Promise<EngineInfo> | undefined;
  #generation = -1;
  #warned = false;

  constructor(client: EngineClient, configured: CgroupDriver | 'auto', log: Logger) {
    this.#client = client;
    this.#configured = configured;
    this.#log = log;
  }

  /** The engine's own driver; another one in the configuration is only warned of. */
  async cgroupDriver(): Promise<CgroupDriver> {
    const driver = (await this.#load()).CgroupDriver === 'systemd' ? 'systemd' : 'cgroupfs';
    if (this.#configured !== 'auto' && this.#configured !== driver && !this.#warned) {
      this.#warned = true;
      this.#log.warn(
        { configured: this.#configured, engine: driver },
        "the cgroup driver differs from the engine; using the engine's",
      );
    }
    return driver;
  }

  async rootDirectory(): Promise<string> {
    return (await this.#load()).DockerRootDir ?? '/var/lib/docker';
  }

  async #load(): Promise<EngineInfo> {
    if (this.#generation !== this.#client.generation) this.#info = undefined;
    this.#generation = this.#client.generation;
    this.#info ??= this.#client.json<EngineInfo>({ path: '/info' });
    try {
      return await this.#info;
    } catch (error) {
      this.#info = undefined;
      throw error;
    }
  }
}
