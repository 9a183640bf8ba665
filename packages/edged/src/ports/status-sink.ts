import type { Message, ModuleContext } from '@edgecore/beehive';
import type { Pod, PodStatus } from '../kube-types.js';

/**
 * Where the pod half hands its results (edged.md §9, §11). Calls return at
 * once; the sink coalesces (200 ms), compares with what it last sent and
 * sends. A status is complete and free of dialect: the sink leaves out what its
 * cloud does not know (`ContainersReady`, `PodReadyToStartContainers`,
 * `hostIPs`, `volumeMounts` in legacy form).
 */
export interface StatusSink {
  /** The newest status of a pod; called after every sync, changed or not. */
  podStatus(pod: Pod, status: PodStatus): void;
  /**
   * All containers of a pod being deleted have stopped, its volumes are
   * unmounted and `status` is its final one (terminal phase): start the
   * deletion handshake (§11.2). Called again when edged restarts before the
   * cloud's `delete` came.
   */
  podTerminated(pod: Pod, status: PodStatus): void;
  /** The pod is gone here: never send anything about this uid again, drop what is queued. */
  podForgotten(uid: string): void;
}

export interface PodSnapshot {
  readonly pod: Pod;
  /** Last computed; `undefined` before the first sync. */
  readonly status: PodStatus | undefined;
  /** `terminated`: everything stopped, waiting for the cloud's `delete`. */
  readonly stage: 'syncing' | 'terminating' | 'terminated';
}

/** What the reporting half may ask of the pod half. */
export interface PodSource {
  pods(): readonly PodSnapshot[];
  /** Whether this uid is still held: statuses of others must not be sent. */
  holds(uid: string): boolean;
  /**
   * The cloud does not know this pod any more (a status answered NotFound, or
   * another uid): it is stopped and forgotten unless a newer object arrived.
   */
  podGone(uid: string): void;
  /** `kubernetes.io/csi/<driver>^<handle>` of the volumes pods here use or are about to; sorted. */
  volumesInUse?(): readonly string[];
}

/** The reporting half as {@link StatusSink} plus its own life: node registration, node and pod status sending. */
export interface Reporter extends StatusSink {
  /** Works until `ctx.signal` aborts. Must not read `ctx.receive()`: see {@link handle}. */
  run(ctx: ModuleContext, pods: PodSource): Promise<void>;
  /** Offers a message of edged's inbox that is not about pods, configMaps, secrets or volumes. True when it was taken. */
  handle(message: Message): boolean;
}
