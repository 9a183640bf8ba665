import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { eventually, tempDir } from '@edgecore/testing';
import { afterAll, beforeAll } from '@jest/globals';
import type {
  ContainerConfig,
  ContainerRuntime,
  ContainerStatus,
  LogRecord,
  RuntimeCapabilities,
  SandboxConfig,
  SandboxStatus,
} from '../../src/index.js';
import { containerConfig, sandboxConfig } from '../configs.js';

/** What an engine does in its own way and its client cannot change; the README has the reasons. */
export interface Differences {
  /** Steps between the times of log records, in milliseconds. Default 0: as exact as the record tells. */
  readonly logTimeStepMs?: number;
  /** Images that never saw a registry have a digest all the same. Default false. */
  readonly localDigests?: boolean;
}

export interface ComplianceSetup {
  /** Gates the tests of features not every runtime has; must equal the runtime's own. */
  readonly capabilities: RuntimeCapabilities;
  /** Default none. */
  readonly differences?: Differences;
  /** Image of sandboxes; anything for a runtime without images. */
  readonly sandboxImage: string;
  /** Image of containers with `/bin/sh`, `cat`, `sleep`, `head`; anything for a runtime without images. */
  readonly image: string;
  /** `describe`, or its `skip` where the runtime cannot work; default `describe`. */
  readonly describe?: (name: string, body: () => void) => void;
  /** Called once before the tests; the suite closes what it returns. */
  create(): Promise<ContainerRuntime>;
}

/** Pods for tests, removed afterwards. */
export class Fixture {
  readonly setup: ComplianceSetup;
  runtime!: ContainerRuntime;
  directory!: string;
  readonly #pods: string[] = [];
  #shared: Promise<{ config: SandboxConfig; sandbox: SandboxStatus }> | undefined;
  #instances = 0;

  constructor(setup: ComplianceSetup) {
    this.setup = setup;
    beforeAll(async () => {
      this.runtime = await setup.create();
      this.directory = await tempDir('edgecore-compliance-');
    });
    afterAll(async () => {
      await Promise.all(
        this.#pods.map(async (uid) => {
          for (const { id } of await this.runtime.listSandboxes(uid)) await this.runtime.removeSandbox(id);
        }),
      );
      await this.runtime.close();
    });
  }

  sandboxConfig(overrides: Partial<SandboxConfig> = {}): SandboxConfig {
    const uid = randomUUID();
    const config = sandboxConfig({
      pod: { uid, namespace: 'compliance', name: 'web' },
      image: this.setup.sandboxImage,
      hostname: 'web',
      labels: { app: 'web' },
      annotations: { 'example.com/note': 'a b' },
      network: this.setup.capabilities.podNetwork ? 'pod' : 'host',
      cgroupParent: '',
      logDirectory: join(this.directory, uid),
      ...overrides,
    });
    this.#pods.push(config.pod.uid);
    return config;
  }

  containerConfig(
    sandbox: SandboxConfig,
    script: string,
    overrides: Partial<ContainerConfig> = {},
  ): ContainerConfig {
    const name = overrides.name ?? 'main';
    const restartCount = overrides.meta?.restartCount ?? 0;
    return containerConfig({
      name,
      image: this.setup.image,
      command: ['/bin/sh', '-c', script],
      logPath: join(sandbox.logDirectory, name, `${restartCount}.log`),
      meta: {
        hash: 'c0ffee',
        restartCount,
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
      ...overrides,
    });
  }

  async sandbox(
    overrides: Partial<SandboxConfig> = {},
  ): Promise<{ config: SandboxConfig; sandbox: SandboxStatus }> {
    const config = this.sandboxConfig(overrides);
    return { config, sandbox: await this.runtime.runSandbox(config) };
  }

  /** A pod with one started container. */
  async run(script: string, overrides: Partial<ContainerConfig> = {}, pod: Partial<SandboxConfig> = {}) {
    const { config, sandbox } = await this.sandbox(pod);
    const id = await this.runtime.createContainer(
      sandbox.id,
      config,
      this.containerConfig(config, script, overrides),
    );
    await this.runtime.startContainer(id);
    return { id, config, sandbox };
  }

  /** A started container in a pod that the tests share: quicker, for those who do not look at the pod. */
  async runShared(script: string, overrides: Partial<ContainerConfig> = {}): Promise<{ id: string }> {
    this.#shared ??= this.sandbox();
    const { config, sandbox } = await this.#shared;
    const { meta } = this.containerConfig(config, script);
    const instance = this.containerConfig(config, script, {
      ...overrides,
      meta: { ...meta, restartCount: this.#instances++ },
    });
    const id = await this.runtime.createContainer(sandbox.id, config, instance);
    await this.runtime.startContainer(id);
    return { id };
  }

  async exited(id: string): Promise<ContainerStatus> {
    return eventually(
      async () => {
        const status = await this.runtime.containerStatus(id);
        return status.state === 'exited' ? status : undefined;
      },
      { what: `the end of container ${id}` },
    );
  }

  /** Waits until the log holds a text. */
  async logged(id: string, wanted: string): Promise<void> {
    await eventually(async () => (await text(this.runtime.logs(id))).includes(wanted), {
      what: `"${wanted}" in the log`,
    });
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** All output of one stream, or of both in order. */
export async function text(records: AsyncIterable<LogRecord>, stream?: 'stdout' | 'stderr'): Promise<string> {
  const all = (await collect(records)).filter((record) => stream === undefined || record.stream === stream);
  return Buffer.concat(all.map(({ data }) => data)).toString('utf8');
}

/** The stable code of what a promise is rejected with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error: unknown) => String((error as { code?: unknown }).code ?? error),
  );
}
