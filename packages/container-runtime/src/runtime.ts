/**
 * What EdgeCore needs from a container engine: the part of Kubernetes' CRI an
 * agent uses, as one TypeScript interface. Docker objects keep dockershim's
 * names and labels (edged.md §5, §6); nothing outside this package sees them.
 */
import type { Readable, Writable } from 'node:stream';

/** Identity of a pod; the key of everything a runtime holds for it. */
export interface PodIdentity {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

/** Which things an engine can do; edged tells a pod in its status what it cannot have. */
export interface RuntimeCapabilities {
  /** Pulls and lists images. False: images are ignored, the command runs from the host. */
  readonly images: boolean;
  /** Sandboxes have a network namespace and an IP of their own. */
  readonly podNetwork: boolean;
  /** `hostPort` mappings work. */
  readonly hostPorts: boolean;
  /** Pod and container cgroups are enforced (CPU, memory). */
  readonly resources: boolean;
  /** Containers see their volumes at `mountPath`. */
  readonly mounts: boolean;
  /** Tells `securityContext` fields it can honour: user, capabilities, privileged, seccomp. */
  readonly securityContext: boolean;
  /** Processes of containers of one pod can share a PID namespace. */
  readonly sharedProcessNamespace: boolean;
}

export interface RuntimeVersion {
  /** As in node status: `docker://20.10.24`, `process://1.0`. */
  readonly runtime: string;
  readonly version: string;
}

export interface RuntimeStatus {
  readonly ready: boolean;
  /** Why it is not ready, for a person. */
  readonly reason?: string;
}

export type NamespaceMode = 'pod' | 'host' | 'container';

export interface PortMapping {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly containerPort: number;
  readonly hostPort: number;
  readonly hostIp?: string;
}

export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface SandboxConfig {
  readonly pod: PodIdentity;
  /** 0 for the first sandbox of a pod, then + 1. */
  readonly attempt: number;
  readonly image: string;
  readonly hostname: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly network: 'pod' | 'host';
  readonly pid: NamespaceMode;
  readonly ipc: 'pod' | 'host';
  readonly dns?: DnsConfig;
  readonly ports: readonly PortMapping[];
  /** Cgroup parent, `''` to let the engine choose. */
  readonly cgroupParent: string;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly security?: SecurityConfig;
  /** Directory for the pod's logs: `/var/log/pods/<ns>_<pod>_<uid>`. */
  readonly logDirectory: string;
  /** Registry credentials for the sandbox image, tried in order. */
  readonly auths?: readonly RegistryAuth[];
}

export type SandboxState = 'ready' | 'notReady';

export interface Sandbox {
  readonly id: string;
  readonly pod: PodIdentity;
  readonly attempt: number;
  readonly state: SandboxState;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface SandboxStatus extends Sandbox {
  /** The pod's addresses, first is `podIP`; empty for host network or without one. */
  readonly ips: readonly string[];
  readonly network: 'pod' | 'host';
}

export interface SecurityConfig {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsUserName?: string;
  readonly supplementalGroups?: readonly number[];
  readonly privileged?: boolean;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly readOnlyRootFilesystem?: boolean;
  readonly noNewPrivileges?: boolean;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  /**
   * Engine `--security-opt` values: seccomp, AppArmor, SELinux. Without a `seccomp=` among them the engine's own
   * profile applies; absent altogether, the runtime's default.
   */
  readonly securityOptions?: readonly string[];
}

export interface ResourceConfig {
  readonly cpuShares?: number;
  readonly cpuQuota?: number;
  readonly cpuPeriod?: number;
  readonly memoryLimitBytes?: number;
  readonly oomScoreAdj?: number;
}

export interface Mount {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly readOnly: boolean;
  readonly propagation?: 'rslave' | 'rshared';
  readonly selinuxRelabel?: boolean;
}

export interface DeviceMapping {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly permissions: string;
}

/** What survives in the container's labels so that a pod can be ended without its spec (edged.md §6.2). */
export interface ContainerMeta {
  readonly hash: string;
  readonly restartCount: number;
  readonly terminationMessagePath: string;
  readonly terminationMessagePolicy: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly deletionGracePeriodSeconds?: number;
  /** JSON of the preStop handler, as Kubernetes writes it. */
  readonly preStopHandler?: string;
  /** JSON of the container ports. */
  readonly ports?: string;
}

export interface ContainerConfig {
  readonly name: string;
  /** Image id or reference as `pullImage`/`imageStatus` returned it. */
  readonly image: string;
  /** Empty: the image's own. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir?: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly devices: readonly DeviceMapping[];
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  readonly resources: ResourceConfig;
  readonly security?: SecurityConfig;
  /** `/var/log/pods/<ns>_<pod>_<uid>/<container>/<n>.log`. */
  readonly logPath: string;
  readonly meta: ContainerMeta;
}

export type ContainerState = 'created' | 'running' | 'exited' | 'unknown';

export interface Container {
  readonly id: string;
  readonly sandboxId: string;
  readonly pod: PodIdentity;
  readonly name: string;
  readonly state: ContainerState;
  readonly createdAt: number;
  readonly image: string;
  readonly imageId: string;
  readonly meta: ContainerMeta;
}

export interface ContainerStatus extends Container {
  /** Milliseconds since the epoch, 0 when it has not happened. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  readonly signal?: number;
  readonly oomKilled: boolean;
  /** The engine's own error text, `''` when none. */
  readonly error: string;
  /** Image name for `containerStatuses[].image`. */
  readonly imageName: string;
  /** `docker-pullable://…` or `docker://sha256:…`, for `imageID`. */
  readonly imageRef: string;
  /** `docker://<id>`: scheme and id, for `containerID`. */
  readonly reference: string;
  readonly mounts: readonly Mount[];
  readonly logPath: string;
}

export interface ExecOptions {
  readonly command: readonly string[];
  /** Kill after this long; 0 or absent is no limit. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ExecResult {
  readonly exitCode: number;
  /** At most 1 MiB each; the rest is dropped. */
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface StreamOptions {
  readonly command: readonly string[];
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  readonly tty?: boolean;
  readonly signal?: AbortSignal;
}

export interface StreamSession {
  /** Resolves with the exit code when the process has ended and its output is written. */
  readonly done: Promise<number>;
  resize(columns: number, rows: number): Promise<void>;
}

export interface LogOptions {
  readonly follow?: boolean;
  readonly tailLines?: number;
  /** Milliseconds since the epoch. */
  readonly sinceMs?: number;
  readonly signal?: AbortSignal;
}

export interface LogRecord {
  readonly stream: 'stdout' | 'stderr';
  /** RFC 3339 with nine fractional digits. */
  readonly time: string;
  /** Without time; ends in a newline unless the line was split at 16 KiB. */
  readonly data: Buffer;
}

/** What the processes of a cgroup use, those that ended included where it counts up. */
export interface CgroupStats {
  /** Its path below the root of the hierarchies; absent where it cannot be seen. */
  readonly cgroup?: string;
  readonly cpuNanoseconds: bigint;
  readonly memoryUsageBytes: number;
  readonly memoryWorkingSetBytes: number;
  readonly memoryRssBytes: number;
  readonly pids: number;
  /** Absent when the engine does not count them. */
  readonly pageFaults?: number;
  readonly majorPageFaults?: number;
  /** Parts of `cpuNanoseconds`; absent when the engine does not tell them apart. */
  readonly cpuUserNanoseconds?: bigint;
  readonly cpuSystemNanoseconds?: bigint;
  /** Page cache, active or not. Absent when the engine does not count it. */
  readonly memoryCacheBytes?: number;
  /** Highest usage so far; absent when the engine or the kernel does not keep it. */
  readonly memoryMaxUsageBytes?: number;
  /** From and to block devices. Absent when the engine does not count them. */
  readonly diskReadBytes?: number;
  readonly diskWriteBytes?: number;
}

export interface ContainerStats extends CgroupStats {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Interfaces of the network namespace: only for a sandbox with a network of its own. */
  readonly networks?: readonly NetworkStats[];
  /**
   * The pod's cgroup as a whole, with what its ended containers have used: only for a sandbox that is in one, where
   * it can be seen.
   */
  readonly pod?: CgroupStats;
}

export interface NetworkStats {
  /** Inside the pod: `eth0`. */
  readonly name: string;
  readonly rxBytes: number;
  readonly rxErrors: number;
  readonly txBytes: number;
  readonly txErrors: number;
  /** Absent when the engine does not count them. */
  readonly rxPackets?: number;
  readonly rxDropped?: number;
  readonly txPackets?: number;
  readonly txDropped?: number;
}

/** What a container takes on the file system of the engine. */
export interface ContainerDiskUsage {
  /** Files it wrote outside of its mounts. */
  readonly writableBytes: number;
  /** The engine's log files of it; 0 when this process cannot see them. */
  readonly logBytes: number;
}

export interface Image {
  readonly id: string;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly sizeBytes: number;
  /** The image's `USER`, `''` when none. */
  readonly user: string;
}

export interface RegistryAuth {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly email?: string;
  readonly serverAddress: string;
}

export interface PullOptions {
  /** Tried in order; none means anonymous. */
  readonly auths?: readonly RegistryAuth[];
  /** Abort when nothing moved for this long; default 60 000 ms. */
  readonly progressDeadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** Something happened to a pod's containers; the receiver lists and decides. */
export interface RuntimeEvent {
  readonly type: 'started' | 'died' | 'removed' | 'oom' | 'changed';
  readonly podUid: string;
  readonly containerId: string;
}

export interface ContainerRuntime {
  /** Scheme of references: `docker` or `process`. */
  readonly name: string;
  readonly capabilities: RuntimeCapabilities;

  /** @throws {RuntimeUnavailableError} when the engine does not answer. */
  version(): Promise<RuntimeVersion>;
  status(): Promise<RuntimeStatus>;

  /** All sandboxes carrying our labels; with a uid, those of that pod. */
  listSandboxes(podUid?: string): Promise<Sandbox[]>;
  sandboxStatus(id: string): Promise<SandboxStatus>;
  /** Creates and starts; on failure the dead sandbox stays for garbage collection. */
  runSandbox(config: SandboxConfig, signal?: AbortSignal): Promise<SandboxStatus>;
  /** Idempotent. */
  stopSandbox(id: string): Promise<void>;
  /** Idempotent; removes its containers too. */
  removeSandbox(id: string): Promise<void>;

  listContainers(podUid?: string): Promise<Container[]>;
  containerStatus(id: string): Promise<ContainerStatus>;
  createContainer(sandboxId: string, sandbox: SandboxConfig, config: ContainerConfig): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** TERM (or the image's stop signal), then KILL after `timeoutMs`. Idempotent. */
  stopContainer(id: string, timeoutMs: number): Promise<void>;
  /** Idempotent. */
  removeContainer(id: string): Promise<void>;

  /** @throws {ContainerNotRunningError} @throws {ExecTimeoutError} */
  exec(id: string, options: ExecOptions): Promise<ExecResult>;
  execStream(id: string, options: StreamOptions): Promise<StreamSession>;
  attach(id: string, options: Omit<StreamOptions, 'command'>): Promise<StreamSession>;
  logs(id: string, options?: LogOptions): AsyncIterable<LogRecord>;
  /** Of a container, or of a sandbox where that is a process too (its `networks` are the pod's). @throws {ContainerNotRunningError} */
  stats(id: string): Promise<ContainerStats>;
  /** Expensive: the engine may walk the container's files. @throws {RuntimeNotFoundError} */
  diskUsage(id: string): Promise<ContainerDiskUsage>;

  listImages(): Promise<Image[]>;
  /** `undefined` when the image is not present. */
  imageStatus(reference: string): Promise<Image | undefined>;
  /** Joins an equal pull already under way. @throws {ImagePullError} @throws {InvalidImageNameError} */
  pullImage(reference: string, options?: PullOptions): Promise<Image>;
  removeImage(id: string): Promise<void>;
  /** Ids of the images any container of the engine was made of, running or not, ours or not. */
  usedImages(): Promise<ReadonlySet<string>>;
  /** Bytes of the file system images live on. */
  imageFilesystem(): Promise<{
    readonly path: string;
    readonly capacityBytes: number;
    readonly availableBytes: number;
  }>;

  /** Removes what this machine still has of containers that are gone: links to their logs. */
  collectGarbage(): Promise<void>;

  /**
   * Live events of our containers, from the first `next()` on. Throws when the engine's stream breaks:
   * the caller relists and subscribes again. Ends when the signal aborts.
   */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>;

  /** Closes connections; running containers keep running. */
  close(): Promise<void>;
}
