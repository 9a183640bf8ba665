/**
 * The Kubernetes types this package works with. Objects as they arrive are
 * loose (`kubernetes-types`); after `parsePod` they are a {@link Pod}, whose
 * identity and spec are certain. Statuses are written with Go's rules for
 * empty values (edged.md §11.1): a zero time inside is `null`, not absent.
 */
import type * as core from 'kubernetes-types/core/v1.js';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';

export type {
  Affinity,
  Capabilities,
  ConfigMap,
  Container,
  ContainerPort,
  DownwardAPIVolumeFile,
  EnvFromSource,
  EnvVar,
  EphemeralContainer,
  HostAlias,
  KeyToPath,
  Lifecycle,
  LifecycleHandler,
  NodeSelector,
  PersistentVolume,
  PersistentVolumeClaim,
  PodSecurityContext,
  PodSpec,
  Probe,
  ProjectedVolumeSource,
  ResourceFieldSelector,
  ResourceRequirements,
  Secret,
  SecurityContext,
  Volume,
  VolumeMount,
} from 'kubernetes-types/core/v1.js';
export type { ObjectMeta } from 'kubernetes-types/meta/v1.js';
export type { VolumeAttachment } from 'kubernetes-types/storage/v1.js';

/** A pod whose uid, name and namespace are known to be there, and whose spec this node can work with. */
export interface Pod {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta & {
    readonly uid: string;
    readonly name: string;
    readonly namespace: string;
  };
  readonly spec: core.PodSpec;
  /** The status in the object as it arrived: what the cloud believes. */
  readonly status?: Partial<PodStatus>;
  /** What is wrong with the spec as it arrived; then `spec` has no containers. Not Kubernetes' own field. */
  readonly problems?: readonly string[];
}

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

export interface ContainerStateWaiting {
  readonly reason?: string;
  readonly message?: string;
}

export interface ContainerStateRunning {
  /** RFC 3339, whole seconds. */
  readonly startedAt: string | null;
}

export interface ContainerStateTerminated {
  readonly exitCode: number;
  readonly signal?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly containerID?: string;
}

/** At most one of the three; none is an empty `lastState`. */
export interface ContainerState {
  readonly waiting?: ContainerStateWaiting;
  readonly running?: ContainerStateRunning;
  readonly terminated?: ContainerStateTerminated;
}

export interface VolumeMountStatus {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  readonly recursiveReadOnly?: string;
}

export interface ContainerStatus {
  readonly name: string;
  readonly state: ContainerState;
  readonly lastState: ContainerState;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly image: string;
  readonly imageID: string;
  readonly containerID?: string;
  readonly started?: boolean;
  /** Today's clouds only. */
  readonly volumeMounts?: readonly VolumeMountStatus[];
}

export interface PodCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly lastProbeTime: null;
  readonly lastTransitionTime: string | null;
  readonly reason?: string;
  readonly message?: string;
}

/** The whole status this node owns. The sender drops what its cloud does not know. */
export interface PodStatus {
  readonly phase: PodPhase;
  readonly conditions: readonly PodCondition[];
  readonly message?: string;
  readonly reason?: string;
  readonly hostIP?: string;
  readonly hostIPs?: readonly { readonly ip: string }[];
  readonly podIP?: string;
  readonly podIPs?: readonly { readonly ip: string }[];
  readonly startTime?: string;
  readonly initContainerStatuses?: readonly ContainerStatus[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly ephemeralContainerStatuses?: readonly ContainerStatus[];
  readonly qosClass?: 'Guaranteed' | 'Burstable' | 'BestEffort';
}
