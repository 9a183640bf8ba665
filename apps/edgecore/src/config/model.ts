import type { CloudProfileSetting } from '@edgecore/api';
import type { ConfigVersion } from './schema/schema.js';

/**
 * The one internal model both formats are converted to (config.md §9 L6):
 * durations in milliseconds, sizes in bytes, names of no particular format.
 */
export interface EdgeCoreConfig {
  /** Format of the file it came from. */
  readonly version: ConfigVersion;
  /** The file, for messages; `undefined` when there was none. */
  readonly file: string | undefined;
  readonly cloudProfile: CloudProfileSetting;
  readonly node: NodeConfig;
  readonly database: { readonly path: string };
  readonly edgeHub: EdgeHubConfig;
  readonly metaManager: MetaManagerConfig;
  readonly edged: EdgedConfig;
  readonly eventBus: EventBusConfig;
  readonly deviceTwin: DeviceTwinConfig;
  readonly serviceBus: ServiceBusConfig;
  readonly edgeStream: EdgeStreamConfig;
  readonly edgeMesh: EdgeMeshConfig;
  readonly dbTest: DbTestConfig;
  readonly status: StatusConfig;
}

export interface NodeConfig {
  readonly name: string;
  /** Namespace part of node messages. */
  readonly namespace: string;
  /** `''`: the address that reaches the cloud. */
  readonly ip: string;
  /** `''`: none chosen; else the address comes from this interface. */
  readonly interfaceName: string;
  readonly register: boolean;
  readonly schedulable: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

export interface TlsFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface EdgeHubConfig {
  readonly enabled: boolean;
  /** Keepalive period. */
  readonly heartbeatMs: number;
  readonly projectId: string;
  readonly tls: TlsFiles;
  /** `<caHash>.<jwt>`, `''` when there is none. A secret. */
  readonly token: string;
  /** Certificate service, an https URL. */
  readonly httpServer: string;
  /** `host:port` of CloudHub. */
  readonly server: string;
  readonly handshakeTimeoutMs: number;
  readonly writeTimeoutMs: number;
  /** Messages per second to the cloud; `undefined` is no limit. */
  readonly messageRate: { readonly perSecond: number; readonly burst: number } | undefined;
  readonly rotateCertificates: boolean;
  readonly queueMessages: number;
  readonly queueBytes: number;
}

export interface MetaManagerConfig {
  readonly enabled: boolean;
  /** Period of 2020's pod status batch. */
  readonly podStatusSyncMs: number;
  readonly remoteQueryTimeoutMs: number;
  readonly metaServer: {
    readonly enabled: boolean;
    /** `host:port`. */
    readonly server: string;
    readonly dummyServer: string;
    readonly tls: TlsFiles;
    readonly serviceAccountIssuers: readonly string[];
    readonly apiAudiences: readonly string[];
    readonly serviceAccountKeyFiles: readonly string[];
  };
}

export type RuntimeChoice = 'auto' | 'docker' | 'process';

export interface EdgedConfig {
  readonly enabled: boolean;
  readonly runtime: {
    readonly choice: RuntimeChoice;
    /** Name of this agent where several share one engine; `''` for the only one. */
    readonly instance: string;
    /** Docker's API: a socket path, or `tcp://host:port`. */
    readonly dockerEndpoint: string;
    readonly requestTimeoutMs: number;
    readonly sandboxImage: string;
    readonly pullProgressDeadlineMs: number;
    readonly serializePulls: boolean;
    /** `undefined`: no limit of its own. */
    readonly maxParallelPulls: number | undefined;
    readonly cgroupDriver: 'cgroupfs' | 'systemd';
  };
  readonly dns: {
    readonly servers: readonly string[];
    readonly domain: string;
    readonly resolvConf: string;
  };
  readonly directories: {
    readonly root: string;
    readonly podLogs: string;
    /** `''`: no static pods. */
    readonly staticPods: string;
  };
  readonly http: {
    /** False: only the socket is served. */
    readonly listen: boolean;
    readonly address: string;
    readonly port: number;
    readonly streamIdleTimeoutMs: number;
  };
  readonly status: {
    readonly updateMs: number;
    readonly reportMs: number;
    readonly leaseSeconds: number;
    readonly maxImages: number;
  };
  readonly pods: {
    readonly max: number;
    readonly workers: number;
    readonly syncMs: number;
    readonly staticCheckMs: number;
    readonly allowedUnsafeSysctls: readonly string[];
    readonly cpuQuota: boolean;
    /** Pods in cgroups of their own, by QoS class. */
    readonly cgroupsPerQos: boolean;
    readonly cgroupRoot: string;
    /** Profile of containers that name none: `RuntimeDefault` instead of `Unconfined`. */
    readonly seccompDefault: boolean;
  };
  readonly csi: {
    /** Driver that carries out the cloud's controller calls. */
    readonly controllerDriver: string;
    /** Drivers whose volumes are not attached. */
    readonly driversWithoutAttach: readonly string[];
  };
  readonly events: { readonly report: boolean; readonly perSecond: number; readonly burst: number };
  readonly containerGc: {
    readonly minAgeMs: number;
    readonly maxPerPod: number;
    /** -1: no limit. */
    readonly maxTotal: number;
  };
  readonly imageGc: {
    readonly highPercent: number;
    readonly lowPercent: number;
    readonly minAgeMs: number;
    /** 0: unused images are kept until space is needed. */
    readonly maxAgeMs: number;
  };
  readonly eviction: {
    readonly hard: Readonly<Record<string, string>>;
    readonly soft: Readonly<Record<string, string>>;
    readonly softGraceMs: Readonly<Record<string, number>>;
    readonly minimumReclaim: Readonly<Record<string, string>>;
    readonly pressureTransitionMs: number;
    readonly maxPodGraceSeconds: number;
  };
  readonly logs: { readonly maxSizeBytes: number; readonly maxFiles: number };
}

export interface EventBusConfig {
  readonly enabled: boolean;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly sessionQueueSize: number;
  readonly internalServer: string;
  readonly externalServer: string;
  readonly mode: 'internal' | 'both' | 'external';
  readonly subClientId: string;
  readonly pubClientId: string;
  readonly username: string;
  /** A secret. */
  readonly password: string;
  readonly tls: TlsFiles | undefined;
  readonly connectionTopic: boolean;
  readonly queueMessages: number;
  readonly queueBytes: number;
  readonly suppressRetained: boolean;
  /** `''`: anybody may use the embedded broker. */
  readonly internalUsername: string;
  /** A secret. */
  readonly internalPassword: string;
  readonly internalTls:
    | { readonly certFile: string; readonly keyFile: string; readonly clientCaFile?: string }
    | undefined;
}

export interface DeviceTwinConfig {
  readonly enabled: boolean;
  /** Directory of the DMI socket. */
  readonly dmiDirectory: string;
  readonly expectedConflict: 'edge' | 'cloud';
  readonly localCloudUpdated: boolean;
  readonly desiredAsExpected: boolean;
  readonly reportMinIntervalMs: number;
}

export interface ServiceBusConfig {
  readonly enabled: boolean;
  readonly server: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly plainBody: boolean;
  /** `undefined`: all. */
  readonly allowPorts: readonly number[] | undefined;
  /** `undefined`: the agent's own. */
  readonly denyPorts: readonly number[] | undefined;
  /** `undefined`: ports of this machine only. */
  readonly targets: readonly ServiceBusTarget[] | undefined;
  readonly maxConcurrent: number;
  readonly checkOrigin: boolean;
  readonly callTimeoutMs: number;
}

/** A service the cloud may call; what is not given is this machine, the same port, every path. */
export interface ServiceBusTarget {
  readonly port: number;
  readonly host?: string;
  readonly hostPort?: number;
  readonly prefix?: string;
  readonly forwardCredentials?: boolean;
}

export interface EdgeStreamConfig {
  readonly enabled: boolean;
  readonly tls: TlsFiles;
  readonly handshakeTimeoutMs: number;
  /** `host:port` of the tunnel. */
  readonly server: string;
  readonly verifyServer: 'ca' | 'none';
}

export interface EdgeMeshConfig {
  readonly enabled: boolean;
  readonly strategy: string;
  readonly listenInterface: string;
  readonly subnet: string;
  readonly listenPort: number;
  readonly source: 'auto' | 'push' | 'dynamic';
  readonly intercept: 'dnat' | 'anyip' | 'none';
  readonly dnsListenPort: number;
  readonly clusterDomain: string;
  readonly upstreamDns: readonly string[];
  readonly manageResolvConf: boolean;
  readonly serviceFilterMode: 'FilterIfLabelExists' | 'FilterIfLabelDoesNotExists';
  readonly podNetwork: 'hostPort' | 'routable';
}

export interface DbTestConfig {
  readonly enabled: boolean;
  readonly address: string;
  readonly port: number;
}

/** The agent's own HTTP interface. */
export interface StatusConfig {
  /** Unix socket; `''` means `edgecore.sock` next to the database. */
  readonly socket: string;
  /** Loopback TCP port besides the socket; 0 is none. */
  readonly port: number;
}
