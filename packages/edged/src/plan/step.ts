import type { ContainerStatus } from '@edgecore/container-runtime';
import type { Container } from '../kube-types.js';

export type ContainerRole = 'init' | 'sidecar' | 'app' | 'ephemeral';

/** Why a running container is stopped. */
export type StopReason = 'changed' | 'liveness' | 'startup' | 'unknown';

/** One thing to do for a pod: plain data, safe to log and to repeat. */
export type Step =
  /** Stop all containers and sandboxes. */
  | { readonly kind: 'stopPod' }
  | {
      readonly kind: 'stopContainer';
      readonly instance: ContainerStatus;
      readonly container: Container;
      readonly why: StopReason;
    }
  | { readonly kind: 'removeContainer'; readonly id: string; readonly name: string }
  | { readonly kind: 'createSandbox'; readonly attempt: number }
  | {
      readonly kind: 'startContainer';
      readonly role: ContainerRole;
      readonly container: Container;
      readonly restartCount: number;
      /** Key of the crash back-off; it is prolonged when this is a restart. */
      readonly backoffKey: string;
      readonly isRestart: boolean;
    };

export interface Held {
  readonly reason: string;
  readonly message: string;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** The sandbox to start containers in; `undefined` when a step creates one. */
  readonly sandboxId: string | undefined;
  /** Containers that should run but must wait: by name. */
  readonly held: ReadonlyMap<string, Held>;
  /** Milliseconds until something held may be tried again. */
  readonly retryAfterMs: number | undefined;
}
