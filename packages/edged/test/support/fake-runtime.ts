import {
  type Container,
  type ContainerConfig,
  type ContainerRuntime,
  ContainerStartError,
  type ContainerStats,
  type ContainerStatus,
  type ExecResult,
  type Image,
  ImagePullError,
  type LogRecord,
  type RuntimeEvent,
  RuntimeNotFoundError,
  RuntimeUnavailableError,
  type Sandbox,
  type SandboxConfig,
  SandboxError,
  type SandboxStatus,
} from '@edgecore/container-runtime';
import type { Clock } from '@edgecore/edged';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A container engine in memory: deterministic, with the troubles a test asks for. */
export class FakeRuntime implements ContainerRuntime {
  readonly name = 'fake';
  readonly capabilities = {
    images: true,
    podNetwork: true,
    hostPorts: true,
    resources: true,
    mounts: true,
    securityContext: true,
    sharedProcessNamespace: true,
  };
  readonly sandboxes = new Map<string, Mutable<SandboxStatus>>();
  readonly containers = new Map<string, Mutable<ContainerStatus> & { readonly config: ContainerConfig }>();
  readonly images = new Set(['busybox:1']);
  /** Bytes by container name. Default 0. */
  readonly memoryUse = new Map<string, number>();
  /** What was asked of the engine, in order: `start c`, `stop c 2000`. */
  readonly calls: string[] = [];
  /** Nothing answers. */
  down = false;
  /** How long a container takes to obey a stop; never longer than its timeout. */
  stopDelayMs = 0;
  /** Pulls wait for this. */
  pulling: Promise<void> | undefined;
  /** Errors by call: `runSandbox`, `createContainer`, `startContainer`. */
  readonly failures = new Map<string, Error>();
  execResult: ExecResult = { exitCode: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  readonly #clock: Clock;
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  #next = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A container of any pod by its name, newest first. */
  find(name: string): Mutable<ContainerStatus> {
    const found = [...this.containers.values()].reverse().find((one) => one.name === name);
    if (!found) throw new Error(`no container ${name}`);
    return found;
  }

  /** The process of a container ends. */
  exit(name: string, exitCode: number): void {
    const container = this.find(name);
    Object.assign(container, { state: 'exited', exitCode, finishedAt: this.#clock.now() });
    this.#emit('died', container);
  }

  running(): string[] {
    return [...this.containers.values()].filter(({ state }) => state === 'running').map(({ name }) => name);
  }

  async version() {
    this.#check();
    return { runtime: 'fake://1', version: '1' };
  }

  async status() {
    return this.down ? { ready: false, reason: 'down' } : { ready: true };
  }

  async listSandboxes(uid?: string): Promise<Sandbox[]> {
    this.#check();
    return [...this.sandboxes.values()].filter(({ pod }) => uid === undefined || pod.uid === uid);
  }

  async sandboxStatus(id: string): Promise<SandboxStatus> {
    this.#check();
    const sandbox = this.sandboxes.get(id);
    if (!sandbox) throw new RuntimeNotFoundError('sandbox', id);
    return { ...sandbox };
  }

  async runSandbox(config: SandboxConfig): Promise<SandboxStatus> {
    this.#check();
    this.calls.push(`sandbox ${config.attempt}`);
    const failure = this.failures.get('runSandbox');
    const sandbox: Mutable<SandboxStatus> = {
      id: `sandbox-${++this.#next}`,
      pod: config.pod,
      attempt: config.attempt,
      state: failure ? 'notReady' : 'ready',
      createdAt: this.#clock.now(),
      labels: config.labels,
      annotations: config.annotations,
      network: config.network,
      ips: config.network === 'host' ? [] : ['172.17.0.2'],
    };
    this.sandboxes.set(sandbox.id, sandbox);
    if (failure) throw new SandboxError(failure.message);
    return { ...sandbox };
  }

  async stopSandbox(id: string): Promise<void> {
    this.#check();
    const sandbox = this.sandboxes.get(id);
    if (sandbox) sandbox.state = 'notReady';
  }

  async removeSandbox(id: string): Promise<void> {
    this.#check();
    this.sandboxes.delete(id);
    for (const [key, { sandboxId }] of this.containers) if (sandboxId === id) this.containers.delete(key);
  }

  async listContainers(uid?: string): Promise<Container[]> {
    this.#check();
    return [...this.containers.values()].filter(({ pod }) => uid === undefined || pod.uid === uid);
  }

  async containerStatus(id: string): Promise<ContainerStatus> {
    this.#check();
    const container = this.containers.get(id);
    if (!container) throw new RuntimeNotFoundError('container', id);
    return { ...container };
  }

  async createContainer(sandboxId: string, sandbox: SandboxConfig, config: ContainerConfig): Promise<string> {
    this.#check();
    this.calls.push(`create ${config.name}`);
    this.#fail('createContainer');
    const id = `${config.name}-${++this.#next}`;
    this.containers.set(id, {
      id,
      sandboxId,
      pod: sandbox.pod,
      name: config.name,
      state: 'created',
      createdAt: this.#clock.now() + this.#next,
      startedAt: 0,
      finishedAt: 0,
      exitCode: 0,
      oomKilled: false,
      error: '',
      image: config.image,
      imageId: config.image,
      imageName: config.image,
      imageRef: `fake://${config.image}`,
      reference: `fake://${id}`,
      mounts: config.mounts,
      logPath: config.logPath,
      meta: config.meta,
      config,
    });
    return id;
  }

  async startContainer(id: string): Promise<void> {
    this.#check();
    const container = this.containers.get(id)!;
    this.calls.push(`start ${container.name}`);
    const failure = this.failures.get('startContainer');
    if (failure) {
      Object.assign(container, { state: 'exited', exitCode: 128, error: failure.message });
      throw new ContainerStartError(failure.message);
    }
    Object.assign(container, { state: 'running', startedAt: this.#clock.now() });
    this.#emit('started', container);
  }

  async stopContainer(id: string, timeoutMs: number): Promise<void> {
    this.#check();
    const container = this.containers.get(id);
    if (container?.state !== 'running') return;
    this.calls.push(`stop ${container.name} ${timeoutMs}`);
    const killed = this.stopDelayMs > timeoutMs;
    await new Promise<void>((resolve) => {
      this.#clock.after(Math.min(this.stopDelayMs, timeoutMs), resolve);
      // Another stop, or its own end, may be faster.
      this.#listeners.add((event) => {
        if (event.containerId === id && event.type === 'died') resolve();
      });
    });
    if (container.state !== 'running') return;
    Object.assign(container, { state: 'exited', exitCode: killed ? 137 : 0, finishedAt: this.#clock.now() });
    this.#emit('died', container);
  }

  async removeContainer(id: string): Promise<void> {
    this.#check();
    this.containers.delete(id);
  }

  async exec(id: string): Promise<ExecResult> {
    this.#check();
    this.calls.push(`exec ${this.containers.get(id)?.name}`);
    return this.execResult;
  }

  execStream(): Promise<never> {
    return Promise.reject(new Error('not part of this fake'));
  }

  attach(): Promise<never> {
    return Promise.reject(new Error('not part of this fake'));
  }

  async stats(id: string): Promise<ContainerStats> {
    this.#check();
    const bytes = this.memoryUse.get(this.containers.get(id)?.name ?? '') ?? 0;
    return {
      id,
      time: this.#clock.now(),
      cpuNanoseconds: 0n,
      memoryUsageBytes: bytes,
      memoryWorkingSetBytes: bytes,
      memoryRssBytes: bytes,
      pids: 1,
    };
  }

  async diskUsage() {
    return { writableBytes: 0, logBytes: 0 };
  }

  async *logs(): AsyncIterable<LogRecord> {}

  async listImages(): Promise<Image[]> {
    return [...this.images].map((tag) => image(tag));
  }

  async imageStatus(reference: string): Promise<Image | undefined> {
    this.#check();
    return this.images.has(reference) ? image(reference) : undefined;
  }

  async pullImage(reference: string, { signal }: { signal?: AbortSignal } = {}): Promise<Image> {
    this.#check();
    this.calls.push(`pull ${reference}`);
    if (this.pulling) {
      const aborted = new Promise<never>((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true }),
      );
      await Promise.race([this.pulling, aborted]);
    }
    if (!this.images.has(reference)) throw new ImagePullError(`manifest for ${reference} not found`);
    return image(reference);
  }

  async removeImage(id: string): Promise<void> {
    this.images.delete(id);
  }

  async usedImages(): Promise<ReadonlySet<string>> {
    return new Set([...this.containers.values()].map(({ imageId }) => imageId));
  }

  async imageFilesystem() {
    return { path: '/', capacityBytes: 1, availableBytes: 1 };
  }

  async collectGarbage(): Promise<void> {}

  async *events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    const queue: RuntimeEvent[] = [];
    let wake = () => {};
    const listener = (event: RuntimeEvent) => {
      queue.push(event);
      wake();
    };
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => wake(), { once: true });
    try {
      while (!signal.aborted) {
        if (this.down) throw new RuntimeUnavailableError('the engine is down');
        const event = queue.shift();
        if (event) yield event;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      this.#listeners.delete(listener);
    }
  }

  /** Takes the engine away, or brings it back. */
  setDown(down: boolean): void {
    this.down = down;
    for (const listener of this.#listeners) listener({ type: 'changed', podUid: '', containerId: '' });
  }

  async close(): Promise<void> {}

  #emit(type: RuntimeEvent['type'], { pod, id }: ContainerStatus): void {
    for (const listener of this.#listeners) listener({ type, podUid: pod.uid, containerId: id });
  }

  #check(): void {
    if (this.down) throw new RuntimeUnavailableError('the engine is down');
  }

  #fail(call: string): void {
    const failure = this.failures.get(call);
    if (failure) throw failure;
  }
}

function image(tag: string): Image {
  return { id: tag, tags: [tag], digests: [], sizeBytes: 1, user: '' };
}
