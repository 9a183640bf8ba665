import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type CloudProfileName, isRecord } from '@edgecore/api';
import type { AgentStatus } from '@edgecore/edgecore';
import {
  type Minicloud,
  type MinicloudOptions,
  type StoredObject,
  startMinicloud,
} from '@edgecore/minicloud';
import { eventually, type PrivateDocker, tempDir } from '@edgecore/testing';
import { CliProcess, runCli } from './built-cli.js';
import { type EngineView, engineView } from './engines.js';
import { type NodeConfigOptions, writeNodeConfig } from './node-config.js';
import { SocketProxy } from './socket-proxy.js';

export interface EdgeSiteOptions
  extends Pick<
    NodeConfigOptions,
    | 'dockerSocket'
    | 'cloudProfile'
    | 'nodeStatusSeconds'
    | 'evictionHard'
    | 'dbTestPort'
    | 'serviceBusPort'
    | 'mqttPort'
    | 'database'
  > {
  readonly engine: 'docker' | 'process';
  /** Which cloud it is. */
  readonly profile: CloudProfileName;
  /** Default: the format of that cloud's time. */
  readonly format?: 'v1alpha1' | 'v1alpha2';
  /** Default: every log level from `info` on, as JSON. */
  readonly cliArguments?: readonly string[];
  readonly cloud?: Partial<MinicloudOptions>;
  /** An engine of the site's own. Default: the machine's. */
  readonly privateDocker?: PrivateDocker;
}

/** A cloud in this process, a link that can be cut, and a node that is the built command. */
export class EdgeSite {
  readonly node: string;
  readonly dir: string;
  readonly configFile: string;
  readonly cloud: Minicloud;
  readonly link: SocketProxy;
  readonly engine: EngineView;
  readonly #options: EdgeSiteOptions;
  #agent: CliProcess | undefined;

  static async open(options: EdgeSiteOptions): Promise<EdgeSite> {
    const dir = await tempDir('ec-e2e-');
    const node = `e2e-${randomBytes(4).toString('hex')}`;
    const cloud = await startMinicloud({
      dataDir: join(dir, 'cloud'),
      profile: options.profile,
      adminSocket: false,
      ackIntervalMs: 1000,
      resyncIntervalMs: 1000,
      ...options.cloud,
    });
    const link = await SocketProxy.start({ target: { host: '127.0.0.1', port: cloud.hubPort } });
    const configFile = await writeNodeConfig({
      ...(options.privateDocker && { dockerSocket: options.privateDocker.socket }),
      ...options,
      dir,
      nodeName: node,
      format: options.format ?? (options.profile === '2020' ? 'v1alpha1' : 'v1alpha2'),
      httpsPort: cloud.httpsPort,
      hubPort: link.port,
      token: cloud.token,
      runtime: options.engine,
    });
    const own = options.privateDocker;
    const engine = engineView(options.engine, node, dir, own && ((...args) => own.docker(...args)));
    return new EdgeSite({ node, dir, configFile, cloud, link, engine, options });
  }

  private constructor(parts: {
    readonly node: string;
    readonly dir: string;
    readonly configFile: string;
    readonly cloud: Minicloud;
    readonly link: SocketProxy;
    readonly engine: EngineView;
    readonly options: EdgeSiteOptions;
  }) {
    this.node = parts.node;
    this.dir = parts.dir;
    this.configFile = parts.configFile;
    this.cloud = parts.cloud;
    this.link = parts.link;
    this.engine = parts.engine;
    this.#options = parts.options;
  }

  get agent(): CliProcess {
    if (!this.#agent) throw new Error('no agent was started');
    return this.#agent;
  }

  /** Starts the agent without waiting for it. */
  startAgent(): CliProcess {
    const log = this.#options.cliArguments ?? ['--log-format', 'json'];
    this.#agent = new CliProcess(['start', '--config', this.configFile, ...log]);
    return this.#agent;
  }

  async killAgent(): Promise<void> {
    this.agent.kill('SIGKILL');
    await this.agent.exited;
  }

  /** Ends the agent as an operator would. @throws with its last words unless it ends cleanly. */
  async stopAgent(): Promise<void> {
    this.agent.kill('SIGTERM');
    const { code, signal } = await this.agent.exited;
    if (code === 0) return;
    throw new Error(`the agent ended with ${signal ?? code}:\n${this.agent.output.slice(-4000)}`);
  }

  status(): Promise<AgentStatus> {
    return runCli('status', '--json', '--config', this.configFile).then(
      (text) => JSON.parse(text) as AgentStatus,
    );
  }

  pod(name: string): StoredObject | undefined {
    return this.cloud.get('Pod', 'default', name);
  }

  /** Waits until the cloud sees the node's Ready condition that way, and returns it. */
  nodeReady(status: 'True' | 'False', timeoutMs = 30_000): Promise<Condition> {
    const what = `Ready ${status} of ${this.node}`;
    return this.#hold(
      () => {
        const ready = conditionOf(this.cloud.get('Node', '', this.node), 'Ready');
        return ready?.status === status ? ready : undefined;
      },
      { timeoutMs, what },
    );
  }

  /** Waits until the cloud sees the pod running and ready. */
  podRunning(name: string, timeoutMs = 30_000): Promise<StoredObject> {
    return this.#hold(
      () => {
        const pod = this.pod(name);
        return pod && isRunning(pod) ? pod : undefined;
      },
      { timeoutMs, what: `pod ${name} running` },
    );
  }

  /** Waits until the cloud has no such pod any more. */
  async podGone(name: string, timeoutMs = 30_000): Promise<void> {
    await this.#hold(() => this.pod(name) === undefined, { timeoutMs, what: `pod ${name} gone` });
  }

  /** Ends everything and removes what it made. */
  async close(): Promise<void> {
    if (this.#agent?.running) await this.killAgent();
    await this.engine.clean();
    await unmountBelow(this.dir);
    await this.link.close();
    await this.cloud.close();
  }

  /** {@link eventually}, with the agent's last words when it does not come true. */
  async #hold<T>(check: () => T, options: { timeoutMs: number; what: string }) {
    return eventually(check, options).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.agent.output.slice(-4000)}`);
    });
  }
}

/** Mounts of pods that are still there would keep the directory from being removed. */
async function unmountBelow(dir: string): Promise<void> {
  for (const path of await mountsBelow(dir)) await promisify(execFile)('umount', [path]);
}

/** Mount points of this machine below a directory, innermost first. */
export async function mountsBelow(dir: string): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return lines
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${dir}/`))
    .sort()
    .reverse();
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly containerID: string;
  readonly state: Readonly<Record<string, unknown>>;
}

export function conditionOf(object: StoredObject | undefined, type: string): Condition | undefined {
  const conditions = statusOf(object)['conditions'];
  return Array.isArray(conditions) ? (conditions as Condition[]).find((one) => one.type === type) : undefined;
}

export function containersOf(pod: StoredObject | undefined): readonly ContainerStatus[] {
  const statuses = statusOf(pod)['containerStatuses'];
  return Array.isArray(statuses) ? (statuses as ContainerStatus[]) : [];
}

export function phaseOf(pod: StoredObject | undefined): unknown {
  return statusOf(pod)['phase'];
}

/** All containers run and are ready, and nobody wants the pod to go. */
export function isRunning(pod: StoredObject): boolean {
  const containers = containersOf(pod);
  return (
    !pod.metadata.deletionTimestamp &&
    phaseOf(pod) === 'Running' &&
    conditionOf(pod, 'Ready')?.status === 'True' &&
    containers.length > 0 &&
    containers.every(({ ready, state }) => ready && state['running'] !== undefined)
  );
}

function statusOf(object: StoredObject | undefined): Readonly<Record<string, unknown>> {
  const status = object?.['status'];
  return isRecord(status) ? status : {};
}
