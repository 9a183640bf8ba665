import type { Logger } from '@edgecore/api';
import type { EngineClient } from './engine-client.js';
import type { EngineInfo, EngineVersion } from './engine-types.js';

export type CgroupDriver = 'cgroupfs' | 'systemd';

interface Facts {
  readonly info: EngineInfo;
  readonly version: EngineVersion;
}

/** What is asked of an engine once: what it is, its cgroup driver, and where it keeps its files. */
export class EngineFacts {
  readonly #client: EngineClient;
  readonly #configured: CgroupDriver | 'auto';
  readonly #log: Logger;
  #facts: Promise<Facts> | undefined;
  #generation = -1;
  #warned = false;

  constructor(client: EngineClient, configured: CgroupDriver | 'auto', log: Logger) {
    this.#client = client;
    this.#configured = configured;
    this.#log = log;
  }

  /** The engine's own driver; another one in the configuration is only warned of. */
  async cgroupDriver(): Promise<CgroupDriver> {
    const driver = (await this.#load()).info.CgroupDriver === 'systemd' ? 'systemd' : 'cgroupfs';
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
    return (await this.#load()).info.DockerRootDir ?? '/var/lib/docker';
  }

  /** Podman speaks Docker's API, but some of its words mean something else. */
  async isPodman(): Promise<boolean> {
    const { Components } = (await this.#load()).version;
    return (Components ?? []).some(({ Name }) => Name?.startsWith('Podman') ?? false);
  }

  async #load(): Promise<Facts> {
    if (this.#generation !== this.#client.generation) this.#facts = undefined;
    this.#generation = this.#client.generation;
    this.#facts ??= this.#ask();
    try {
      return await this.#facts;
    } catch (error) {
      this.#facts = undefined;
      throw error;
    }
  }

  async #ask(): Promise<Facts> {
    const version = await this.#client.json<EngineVersion>({ path: '/version' });
    return { version, info: await this.#client.json<EngineInfo>({ path: '/info' }) };
  }
}
