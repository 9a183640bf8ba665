import type { ContainerStatus } from '@edgecore/container-runtime';
import { type Backoff, goDuration } from '../backoff/backoff.js';
import type { Container, Pod } from '../kube-types.js';
import {
  exitedAt,
  hasExited,
  instancesOf,
  isAboutToStart,
  isActive,
  latestOf,
  type ObservedPod,
} from '../observe/observed-pod.js';
import { containerHash } from './container-hash.js';
import { isSidecar, mayStart } from './restart-rule.js';
import { decideSandbox } from './sandbox-decision.js';
import type { ContainerRole, Held, Plan, Step, StopReason } from './step.js';

/** What probes say of a running instance. */
export interface ProbeVerdicts {
  /** The probe that wants the instance killed. */
  failed(instanceId: string): 'liveness' | 'startup' | undefined;
  /** Running, postStart done, startup probe (if any) passed. */
  started(instanceId: string): boolean;
}

export interface PlanInput {
  readonly pod: Pod;
  readonly observed: ObservedPod;
  readonly probes: ProbeVerdicts;
  /** Only asked, never changed. */
  readonly backoff: Backoff;
  readonly now: number;
  /** The engine gives sandboxes a network. */
  readonly podNetwork: boolean;
  /** Is an instance with this hash what the spec asks for? */
  accepts(container: Container, hash: string): boolean;
  /** Restart count last reported for a container that may have vanished. */
  lastRestartCount(name: string): number | undefined;
  /** Phase is final: nothing may be started. */
  readonly finished: boolean;
}

/** Computes what must be done to bring a pod to what its spec asks (edged.md §4.2). Pure. */
export function planPod(input: PlanInput): Plan {
  return new Planner(input).plan();
}

/** Key of the crash back-off (edged.md §4.3). */
export function crashBackoffKey({ metadata }: Pod, container: Container): string {
  return `${metadata.name}_${metadata.namespace}_${metadata.uid}_${container.name}_${containerHash(container)}`;
}

class Planner {
  readonly #input: PlanInput;
  readonly #steps: Step[] = [];
  readonly #held = new Map<string, Held>();
  #retryAfterMs: number | undefined;

  constructor(input: PlanInput) {
    this.#input = input;
  }

  plan(): Plan {
    const { pod, observed, podNetwork, finished } = this.#input;
    if (finished) return this.#stopAll();
    const { keep, nextAttempt } = decideSandbox(pod, observed, podNetwork);
    return keep === undefined ? this.#fresh(nextAttempt) : this.#continue(keep);
  }

  /** A new sandbox: everything stops, init containers start over. */
  #fresh(attempt: number): Plan {
    const { pod, observed } = this.#input;
    const { spec } = pod;
    const existed = observed.containers.length > 0;
    if (spec.restartPolicy === 'Never' && attempt > 0 && existed) return this.#stopAll();
    const apps = spec.containers.filter((container) => this.#startsInNewSandbox(container));
    if (apps.length === 0) return this.#stopAll();
    if (isActive(observed)) this.#steps.push({ kind: 'stopPod' });
    const init = spec.initContainers ?? [];
    for (const container of init) {
      for (const { id, name } of instancesOf(observed, container.name)) {
        this.#steps.push({ kind: 'removeContainer', id, name });
      }
    }
    this.#steps.push({ kind: 'createSandbox', attempt });
    const first = init[0];
    if (first) this.#startOrHold(first, isSidecar(first) ? 'sidecar' : 'init');
    else for (const container of apps) this.#startOrHold(container, 'app');
    return this.#result(undefined);
  }

  #startsInNewSandbox(container: Container): boolean {
    const { pod, observed } = this.#input;
    const latest = latestOf(observed, container.name);
    return !(pod.spec.restartPolicy === 'OnFailure' && latest && hasExited(latest) && latest.exitCode === 0);
  }

  #continue(sandboxId: string): Plan {
    const { pod, observed } = this.#input;
    for (const container of pod.spec.ephemeralContainers ?? []) {
      if (!latestOf(observed, container.name)) this.#start(container as Container, 'ephemeral', undefined);
    }
    const init = this.#initContainers();
    if (init === 'failed') return this.#stopAll();
    if (init === 'done') {
      const busy = pod.spec.containers.map((container) => this.#app(container));
      if (!busy.includes(true)) return this.#stopAll();
    }
    return this.#result(sandboxId);
  }

  /** Works through the init containers in order; stops at the first that is not finished. */
  #initContainers(): 'done' | 'pending' | 'failed' {
    const { pod, observed, probes } = this.#input;
    // An app container that exists proves initialisation, even when the init containers are gone.
    const initialised = pod.spec.containers.some((container) => latestOf(observed, container.name));
    const finished = pod.spec.containers.every(
      (container) => !mayStart(pod.spec, latestOf(observed, container.name)),
    );
    for (const container of pod.spec.initContainers ?? []) {
      const latest = latestOf(observed, container.name);
      if (isSidecar(container)) {
        if (finished) continue;
        const running = this.#sidecar(container, latest);
        if (initialised) continue;
        if (!running || !probes.started(latest!.id)) return 'pending';
        continue;
      }
      if (initialised || (latest && hasExited(latest) && latest.exitCode === 0)) continue;
      if (latest?.state === 'running') return 'pending';
      if (latest && hasExited(latest) && pod.spec.restartPolicy === 'Never') return 'failed';
      this.#restart(container, 'init', latest);
      return 'pending';
    }
    return 'done';
  }

  /** True when the instance runs and stays. */
  #sidecar(container: Container, latest: ContainerStatus | undefined): boolean {
    if (latest?.state !== 'running') {
      this.#restart(container, 'sidecar', latest);
      return false;
    }
    const why = this.#whyStop(container, latest);
    if (why === undefined) return true;
    this.#steps.push({ kind: 'stopContainer', instance: latest, container, why });
    this.#startOrHold(container, 'sidecar');
    return false;
  }

  /** True while the container runs, or is to run. */
  #app(container: Container): boolean {
    const { pod, observed } = this.#input;
    const latest = latestOf(observed, container.name);
    if (latest?.state !== 'running') {
      if (!mayStart(pod.spec, latest)) return false;
      this.#restart(container, 'app', latest);
      return true;
    }
    const why = this.#whyStop(container, latest);
    if (why === undefined) return true;
    this.#steps.push({ kind: 'stopContainer', instance: latest, container, why });
    if (why !== 'changed' && pod.spec.restartPolicy === 'Never') return true;
    this.#startOrHold(container, 'app');
    return true;
  }

  #whyStop(container: Container, instance: ContainerStatus): StopReason | undefined {
    if (!this.#input.accepts(container, instance.meta.hash)) return 'changed';
    return this.#input.probes.failed(instance.id);
  }

  #restart(container: Container, role: ContainerRole, latest: ContainerStatus | undefined): void {
    if (latest?.state === 'unknown') {
      this.#steps.push({ kind: 'stopContainer', instance: latest, container, why: 'unknown' });
    }
    // An agent that died half-way left it: it never ran, so what takes its place is no restart.
    const replaced = latest && isAboutToStart(latest) ? latest : undefined;
    if (replaced) this.#steps.push({ kind: 'removeContainer', id: replaced.id, name: replaced.name });
    if (role === 'init') {
      for (const { id, name } of instancesOf(this.#input.observed, container.name).slice(1)) {
        this.#steps.push({ kind: 'removeContainer', id, name });
      }
    }
    this.#startOrHold(container, role, replaced?.meta.restartCount);
  }

  #startOrHold(container: Container, role: ContainerRole, restartCount?: number): void {
    const { pod, observed, backoff, now } = this.#input;
    const exited = instancesOf(observed, container.name).find(hasExited);
    const key = crashBackoffKey(pod, container);
    const remaining = exited ? backoff.remainingMs(key, exitedAt(exited), now) : 0;
    if (remaining === 0) {
      this.#start(container, role, exited, restartCount);
      return;
    }
    const { name, namespace, uid } = pod.metadata;
    this.#held.set(container.name, {
      reason: 'CrashLoopBackOff',
      message: `back-off ${goDuration(backoff.delayMs(key))} restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`,
    });
    this.#retryAfterMs = Math.min(this.#retryAfterMs ?? remaining, remaining);
  }

  /** @param restartCount Default: one more than the latest instance's. */
  #start(
    container: Container,
    role: ContainerRole,
    exited: ContainerStatus | undefined,
    restartCount?: number,
  ): void {
    const latest = latestOf(this.#input.observed, container.name);
    const before = latest?.meta.restartCount ?? this.#input.lastRestartCount(container.name);
    this.#steps.push({
      kind: 'startContainer',
      role,
      container,
      restartCount: restartCount ?? (before === undefined ? 0 : before + 1),
      backoffKey: crashBackoffKey(this.#input.pod, container),
      isRestart: exited !== undefined,
    });
  }

  #stopAll(): Plan {
    return {
      steps: isActive(this.#input.observed) ? [{ kind: 'stopPod' }] : [],
      sandboxId: undefined,
      held: new Map(),
      retryAfterMs: undefined,
    };
  }

  #result(sandboxId: string | undefined): Plan {
    return { steps: this.#steps, sandboxId, held: this.#held, retryAfterMs: this.#retryAfterMs };
  }
}
