import { cpus, totalmem } from 'node:os';
import type { CloudLink } from '@edgecore/api';
import type { ModuleContext } from '@edgecore/beehive';
import type { ContainerRuntime } from '@edgecore/container-runtime';
import type { BackoffOptions } from './backoff/backoff.js';
import type { EvictionSettings } from './eviction/eviction-manager.js';
import type { ImageGcRules } from './gc/plan-image-gc.js';
import type { Pod, PodStatus } from './kube-types.js';
import { type Clock, systemClock } from './ports/clock.js';
import type { NodeEventListener } from './ports/node-events.js';
import type { ObjectSource } from './ports/object-source.js';
import type { PodEventListener } from './ports/pod-events.js';
import type { Reporter } from './ports/status-sink.js';
import type { EdgedHttpOptions } from './server/server-options.js';
import type { MirrorApi } from './static-pods/mirror-pods.js';

/** Options of {@link Edged}. Only the node name, the runtime and the link are required. */
export interface EdgedOptions {
  readonly nodeName: string;
  readonly runtime: ContainerRuntime;
  readonly link: CloudLink;
  /** Where configMaps, secrets, tokens and the stored pods come from. Default: metamanager, over the bus. */
  readonly objects?: ObjectSource;
  /** Sends statuses. Default: none are sent; embedders read {@link Edged.pods}. */
  readonly reporter?: Reporter;
  /** Addresses of the node, first is `hostIP`. Default: none. */
  readonly nodeIps?: () => readonly string[];
  /** Labels of the node, for `nodeSelector`; `undefined` while unknown. Default: unknown. */
  readonly nodeLabels?: () => Readonly<Record<string, string>> | undefined;
  /** Pods and their volumes live below it. Default `/var/lib/edged`. */
  readonly rootDirectory?: string;
  /** Default `/var/log/pods`. */
  readonly podLogsDir?: string;
  /** Default `kubeedge/pause:3.6`. */
  readonly sandboxImage?: string;
  /** Cluster DNS servers; what is not an IP is skipped. Default none. */
  readonly clusterDns?: readonly string[];
  /** Default `cluster.local`. */
  readonly clusterDomain?: string;
  /** The node's resolver configuration; `''` for none. Default `/etc/resolv.conf`. */
  readonly resolvConf?: string;
  /** Directory of manifests of static pods, or one manifest; `''` for none. Default none. */
  readonly staticPodPath?: string;
  /** Between looks at it where the system gives no notice of changes. Default 20 000 ms. */
  readonly staticPodCheckMs?: number;
  /** Creates and deletes mirrors of static pods. Default: with a reporter, metamanager over the bus; else none. */
  readonly mirrorApi?: (ctx: ModuleContext) => MirrorApi;
  /** Default 110. */
  readonly maxPods?: number;
  /** Namespace of the pod list query. Default `default`. */
  readonly registerNodeNamespace?: string;
  /** Bytes of the node's memory: divisor of OOM scores. Default: what the system reports. */
  readonly nodeMemoryBytes?: number;
  /** What pods may use, for `resourceFieldRef`. Default: all CPUs, all memory, no storage. */
  readonly allocatable?: { readonly cpu: string; readonly memory: string; readonly ephemeralStorage: string };
  /** CPU limits as CFS quota. Default true (2020: false). */
  readonly cpuCfsQuota?: boolean;
  /** Pods below `kubepods` cgroups by QoS class. Default: when running as root. */
  readonly cgroupsPerQos?: boolean;
  /** Default `''`, the root. */
  readonly cgroupRoot?: string;
  /** Seccomp profile of pods that name none. Default `Unconfined`, as upstream. */
  readonly seccompDefault?: 'RuntimeDefault' | 'Unconfined';
  /** Docker `config.json` files with the node's registry credentials. Default `/root/.docker/config.json`, `/var/lib/kubelet/config.json`. */
  readonly registryConfigFiles?: readonly string[];
  /** One image pull at a time. Default true. */
  readonly serializeImagePulls?: boolean;
  /** Abort a pull without progress. Default 60 000 ms. */
  readonly imagePullProgressDeadlineMs?: number;
  /** Variables every container gets, e.g. `KUBERNETES_SERVICE_HOST`; the pod's own win. Default none. */
  readonly containerEnvironment?: Readonly<Record<string, string>>;
  /** Shortest time between syncs of an unchanged pod; up to half is added at random. Default 60 000 ms. */
  readonly syncMs?: number;
  /** Until a failed sync is tried again. Default 10 000 ms. */
  readonly retryMs?: number;
  /** Between full lists of the engine. Default 10 000 ms. */
  readonly relistMs?: number;
  /** Restarts of crashing containers. Default 10 000 ms doubling to 300 000 ms. */
  readonly crashBackoff?: BackoffOptions;
  /** Pulls of images that failed. Default 10 000 ms doubling to 300 000 ms. */
  readonly imageBackoff?: BackoffOptions;
  /** Least time between TERM and KILL. Default 2000 ms. */
  readonly minimumGraceMs?: number;
  /** Dead instances to keep per container. Default 1. */
  readonly deadContainers?: number;
  /** Age a dead container must have to be removed. Default 0. */
  readonly deadContainerAgeMs?: number;
  /**
   * When images no container was made of are removed, those of other users of the engine included. Default: none is
   * (`highPercent: 100`).
   */
  readonly imageGc?: ImageGcRules;
  /** Between looks for images to remove. Default 60 000 ms. */
  readonly imageGcPeriodMs?: number;
  /** Evicts pods, and refuses new ones, while the node runs short of something. Default: neither. */
  readonly eviction?: EvictionSettings;
  /** Between looks at what pods with limits of ephemeral storage take. Default 60 000 ms. */
  readonly storageLimitPeriodMs?: number;
  /** Driver that carries out the cloud's CSI controller calls, which name none. Default `csi-hostpath`. */
  readonly csiControllerDriver?: string;
  /**
   * Drivers whose volumes need no attaching (`attachRequired: false` of their CSIDriver, which the edge cannot read).
   * Default none: the VolumeAttachment of each volume is waited for.
   */
  readonly csiDriversWithoutAttach?: readonly string[];
  /** Of each call of a CSI driver, and of the wait until a volume is attached. Default 120 000 ms. */
  readonly csiTimeoutMs?: number;
  /** The database was lost: adopt every labelled container, remove only what a message names. Default false. */
  readonly databaseRecreated?: boolean;
  /** A kubelet's HTTP server: logs, exec, attach, port-forward, figures. Default: none. */
  readonly http?: EdgedHttpOptions;
  /** Takes every status that is computed, changed or not, besides the reporter. Must return at once. Default none. */
  readonly onStatus?: (pod: Pod, status: PodStatus) => void;
  /** Takes pod events, besides the log. Default none. */
  readonly onEvent?: PodEventListener;
  /** Takes events about the node, besides the log. Default none. */
  readonly onNodeEvent?: NodeEventListener;
  readonly clock?: Clock;
  /** 0 (inclusive) to 1. Default `Math.random`. */
  readonly random?: () => number;
}

type Optional =
  | 'objects'
  | 'eviction'
  | 'reporter'
  | 'mirrorApi'
  | 'http'
  | 'onStatus'
  | 'onEvent'
  | 'onNodeEvent';

/** Options with every default filled in. */
export type EdgedSettings = Required<Omit<EdgedOptions, Optional>> & Pick<EdgedOptions, Optional>;

export function withDefaults(options: EdgedOptions): EdgedSettings {
  return {
    nodeIps: () => [],
    nodeLabels: () => undefined,
    rootDirectory: '/var/lib/edged',
    podLogsDir: '/var/log/pods',
    sandboxImage: 'kubeedge/pause:3.6',
    clusterDns: [],
    clusterDomain: 'cluster.local',
    resolvConf: '/etc/resolv.conf',
    staticPodPath: '',
    staticPodCheckMs: 20_000,
    maxPods: 110,
    registerNodeNamespace: 'default',
    nodeMemoryBytes: totalmem(),
    allocatable: { cpu: String(cpus().length), memory: String(totalmem()), ephemeralStorage: '0' },
    cpuCfsQuota: true,
    cgroupsPerQos: process.getuid?.() === 0,
    cgroupRoot: '',
    seccompDefault: 'Unconfined',
    registryConfigFiles: ['/root/.docker/config.json', '/var/lib/kubelet/config.json'],
    serializeImagePulls: true,
    imagePullProgressDeadlineMs: 60_000,
    containerEnvironment: {},
    syncMs: 60_000,
    retryMs: 10_000,
    relistMs: 10_000,
    crashBackoff: {},
    imageBackoff: {},
    minimumGraceMs: 2000,
    deadContainers: 1,
    deadContainerAgeMs: 0,
    imageGc: { highPercent: 100, lowPercent: 80, minAgeMs: 120_000, maxAgeMs: 0 },
    imageGcPeriodMs: 60_000,
    storageLimitPeriodMs: 60_000,
    csiControllerDriver: 'csi-hostpath',
    csiDriversWithoutAttach: [],
    csiTimeoutMs: 120_000,
    databaseRecreated: false,
    clock: systemClock,
    random: Math.random,
    ...options,
  };
}
