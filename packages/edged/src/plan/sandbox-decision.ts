import type { Pod } from '../kube-types.js';
import type { ObservedPod } from '../observe/observed-pod.js';

export interface SandboxDecision {
  /** The sandbox to keep; `undefined` when a new one is needed. */
  readonly keep: string | undefined;
  /** Attempt number of a new one. */
  readonly nextAttempt: number;
}

/** Whether the pod's sandbox can stay (edged.md §4.2). `podNetwork` is the engine's capability. */
export function decideSandbox(pod: Pod, observed: ObservedPod, podNetwork: boolean): SandboxDecision {
  const newest = observed.sandboxes[0];
  if (!newest) return { keep: undefined, nextAttempt: 0 };
  const network = pod.spec.hostNetwork ? 'host' : 'pod';
  const usable =
    observed.sandboxes.filter((sandbox) => sandbox.state === 'ready').length === 1 &&
    newest.state === 'ready' &&
    (!podNetwork || (newest.network === network && (network === 'host' || newest.ips.length > 0)));
  return { keep: usable ? newest.id : undefined, nextAttempt: newest.attempt + 1 };
}
