import { errorText } from '@edgecore/api';
import type { PodServices } from '../act/pod-services.js';
import { terminationMessage } from '../containers/termination-log.js';
import type { ContainerStatus, Pod, PodStatus } from '../kube-types.js';
import { hasExited, type ObservedPod } from '../observe/observed-pod.js';
import { acceptsHash } from '../plan/container-hash.js';
import { crashBackoffKey, planPod } from '../plan/plan.js';
import type { Held, Plan } from '../plan/step.js';
import { PodProbes } from '../probes/pod-probes.js';
import { podStatus } from '../status/pod-status.js';
import { StatusFile } from './status-file.js';

/** What is remembered of a pod between syncs. */
export class PodState {
  /** Waiting reasons by container (edged.md §9.1). */
  readonly held = new Map<string, Held>();
  readonly probes: PodProbes;
  readonly #services: PodServices;
  readonly #acceptedAt: number;
  readonly #file: StatusFile;
  /** What ended instances left to say, by instance id. */
  readonly #messages = new Map<string, string>();
  #status: PodStatus | undefined;
  #recalled: Partial<PodStatus> | undefined;
  /** A reason on pod level that made it `Failed`. */
  failure: Held | undefined;
  /** Overrides the grace period of a pod that failed. */
  killGraceMs: number | undefined;
  pod: Pod;

  constructor(pod: Pod, services: PodServices, onProbe: () => void) {
    const { runtime, clock, random, events } = services;
    this.pod = pod;
    this.#services = services;
    this.#acceptedAt = clock.now();
    this.#file = new StatusFile(services.volumes.podDirectory(pod.metadata.uid));
    this.probes = new PodProbes({ runtime, clock, random, events, onChange: onProbe });
  }

  /** Last computed. */
  get status(): PodStatus | undefined {
    return this.#status;
  }

  /** The last known status: ours, that of an earlier run of the agent, or what the object said when it arrived. */
  get previous(): Partial<PodStatus> | undefined {
    return this.#status ?? this.#recalled ?? this.pod.status;
  }

  /** Takes up what an earlier run of the agent left. */
  async recall(): Promise<void> {
    this.#recalled = await this.#file.read();
    const { phase, reason, message = '' } = this.#recalled ?? {};
    if (phase === 'Failed' && reason) this.failure ??= { reason, message };
  }

  /** Keeps the status for the next run of the agent. Never throws: a full disk must not stop the pod's work. */
  async keep(status: PodStatus): Promise<void> {
    const { namespace, name } = this.pod.metadata;
    await this.#file.write(status).catch((error: unknown) => {
      this.#services.log.debug({ namespace, pod: name, error: errorText(error) }, 'the status was not kept');
    });
  }

  /** True once the phase is final. */
  get finished(): boolean {
    const phase = this.previous?.phase;
    return this.failure !== undefined || phase === 'Failed' || phase === 'Succeeded';
  }

  /** Takes in what the engine shows: probes follow it, messages of ended instances are read. */
  async learn(observed: ObservedPod, ending: boolean): Promise<void> {
    this.probes.sync(this.pod, observed, this.previous, ending);
    for (const id of this.#messages.keys()) {
      if (!observed.containers.some((container) => container.id === id)) this.#messages.delete(id);
    }
    for (const instance of observed.containers) {
      if (!hasExited(instance) || this.#messages.has(instance.id)) continue;
      // A message that cannot be read must not keep the status from being told.
      const message = await terminationMessage(this.#services.runtime, instance).catch(() => '');
      this.#messages.set(instance.id, message);
    }
  }

  /** Computes and keeps the status. `ended`: stopped for good. */
  compute(observed: ObservedPod, ended: boolean): PodStatus {
    this.#status = podStatus({
      pod: this.pod,
      observed,
      previous: this.previous,
      held: this.held,
      hostIps: this.#services.hostIps(),
      now: this.#services.clock.now(),
      acceptedAt: this.#acceptedAt,
      failure: this.failure,
      ended,
      isReady: (id) => this.probes.ready(id),
      isStarted: (id) => this.probes.started(id),
      terminationMessage: (id) => this.#messages.get(id),
    });
    return this.#status;
  }

  plan(observed: ObservedPod): Plan {
    const { runtime, clock, crashBackoff } = this.#services;
    const plan = planPod({
      pod: this.pod,
      observed,
      probes: this.probes,
      backoff: crashBackoff,
      now: clock.now(),
      podNetwork: runtime.capabilities.podNetwork,
      accepts: acceptsHash,
      lastRestartCount: (name) => this.#lastRestartCount(name),
      finished: this.finished,
    });
    this.#noteHeld(plan);
    return plan;
  }

  #noteHeld(plan: Plan): void {
    const { crashBackoff, events } = this.#services;
    const { pod } = this;
    for (const [name, held] of plan.held) {
      const before = this.held.get(name);
      this.held.set(name, held);
      if (before?.message === held.message) continue;
      const message = `Back-off restarting failed container ${name} in pod ${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
      events({ pod, container: name, type: 'Warning', reason: 'BackOff', message });
    }
    for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]) {
      const crashing = this.held.get(container.name)?.reason === 'CrashLoopBackOff';
      const key = crashBackoffKey(pod, container);
      // A reason left over from before an update of the container is stale.
      if (crashing && !plan.held.has(container.name) && crashBackoff.delayMs(key) === 0) {
        this.held.delete(container.name);
      }
    }
  }

  /** Count last told for a container that ran, in case the engine has lost it. */
  #lastRestartCount(name: string): number | undefined {
    const statuses: readonly ContainerStatus[] = [
      ...(this.previous?.containerStatuses ?? []),
      ...(this.previous?.initContainerStatuses ?? []),
    ];
    const status = statuses.find((one) => one.name === name);
    return status?.containerID || status?.lastState?.terminated ? status?.restartCount : undefined;
  }
}
