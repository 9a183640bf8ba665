import type { Logger } from '@edgecore/api';
import type { ContainerRuntime, DnsConfig, RegistryAuth } from '@edgecore/container-runtime';
import type { Backoff } from '../backoff/backoff.js';
import type { ClusterDns } from '../dns/pod-dns.js';
import type { NodeAllocatable } from '../env/resource-field-ref.js';
import type { ImagePuller } from '../images/image-puller.js';
import type { Pod } from '../kube-types.js';
import type { Clock } from '../ports/clock.js';
import type { ObjectSource } from '../ports/object-source.js';
import type { PodEventListener } from '../ports/pod-events.js';
import type { ResourceLimits } from '../resources/container-resources.js';
import type { SandboxSettings } from '../sandbox/sandbox-config.js';
import type { PodVolumes } from '../volumes/pod-volumes.js';

/** What all pods of a node share. */
export interface PodServices {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  /** 0 (inclusive) to 1. */
  readonly random: () => number;
  readonly objects: ObjectSource;
  readonly volumes: PodVolumes;
  readonly images: ImagePuller;
  readonly crashBackoff: Backoff;
  readonly events: PodEventListener;
  readonly log: Logger;
  readonly sandbox: SandboxSettings;
  readonly dns: ClusterDns;
  readonly limits: ResourceLimits;
  readonly allocatable: NodeAllocatable;
  /** Variables every container gets unless it sets them itself. */
  readonly environment: Readonly<Record<string, string>>;
  readonly terms: PodTerms;
  /** Addresses of the node, first is `hostIP`; may change. */
  hostIps(): readonly string[];
  /** The node's own resolv.conf. */
  hostDns(): Promise<DnsConfig>;
  /** Credentials for the pod's images: its pull secrets, then the node's. */
  registryAuths(pod: Pod, signal: AbortSignal): Promise<readonly RegistryAuth[]>;
}

/** Periods of pod work, in milliseconds. */
export interface PodTerms {
  /** Shortest time between syncs of an unchanged pod; up to half is added at random. */
  readonly syncMs: number;
  /** Until a failed sync is tried again. */
  readonly retryMs: number;
  /** Least time between TERM and KILL. */
  readonly minimumGraceMs: number;
  /** Age a dead container must have before it is cleaned up. */
  readonly deadContainerAgeMs: number;
  /** Dead instances to keep per container. */
  readonly deadContainers: number;
}
