import type { ContainerRuntime, ContainerStatus as Instance } from '@edgecore/container-runtime';
import type { Container, Pod, PodStatus } from '../kube-types.js';
import type { ObservedPod } from '../observe/observed-pod.js';
import type { ProbeVerdicts } from '../plan/plan.js';
import { isSidecar } from '../plan/restart-rule.js';
import type { Clock } from '../ports/clock.js';
import type { PodEventListener } from '../ports/pod-events.js';
import { type ProbeKind, ProbeWorker } from './probe-worker.js';
import { runProbe } from './run-probe.js';

export interface PodProbesOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly random: () => number;
  readonly events: PodEventListener;
  /** A verdict changed: the pod must be looked at again. */
  readonly onChange: () => void;
}

const KINDS: readonly { kind: ProbeKind; field: 'startupProbe' | 'livenessProbe' | 'readinessProbe' }[] = [
  { kind: 'startup', field: 'startupProbe' },
  { kind: 'liveness', field: 'livenessProbe' },
  { kind: 'readiness', field: 'readinessProbe' },
];

/** The probes of one pod: a worker per running instance and kind (edged.md §9.5). */
export class PodProbes implements ProbeVerdicts {
  readonly #options: PodProbesOptions;
  /** By `<instance id>/<kind>`. */
  readonly #workers = new Map<string, ProbeWorker>();

  constructor(options: PodProbesOptions) {
    this.#options = options;
  }

  /**
   * Starts and stops workers so that they match what runs.
   *
   * @param reported Status before this process: an adopted instance is as ready as it was.
   * @param ending Only readiness is probed while the pod ends.
   */
  sync(pod: Pod, observed: ObservedPod, reported: Partial<PodStatus> | undefined, ending: boolean): void {
    const wanted = new Set<string>();
    const podIp = observed.sandboxes[0]?.ips[0] ?? '127.0.0.1';
    const probed = [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter(isSidecar)];
    for (const container of probed) {
      const instance = observed.containers.find(({ name }) => name === container.name);
      if (instance?.state !== 'running') continue;
      for (const { kind, field } of KINDS) {
        if (!container[field] || (ending && kind !== 'readiness')) continue;
        const key = `${instance.id}/${kind}`;
        wanted.add(key);
        if (!this.#workers.has(key)) {
          this.#workers.set(key, this.#worker(pod, container, instance, kind, podIp, reported));
        }
      }
    }
    for (const [key, worker] of this.#workers) {
      if (wanted.has(key)) continue;
      worker.stop();
      this.#workers.delete(key);
    }
  }

  failed(instanceId: string): 'liveness' | 'startup' | undefined {
    if (this.#workers.get(`${instanceId}/startup`)?.result === 'failure') return 'startup';
    return this.#workers.get(`${instanceId}/liveness`)?.result === 'failure' ? 'liveness' : undefined;
  }

  started(instanceId: string): boolean {
    const worker = this.#workers.get(`${instanceId}/startup`);
    return worker === undefined || worker.result === 'success';
  }

  ready(instanceId: string): boolean {
    const worker = this.#workers.get(`${instanceId}/readiness`);
    return worker === undefined || worker.result === 'success';
  }

  stop(): void {
    for (const worker of this.#workers.values()) worker.stop();
    this.#workers.clear();
  }

  #worker(
    pod: Pod,
    container: Container,
    instance: Instance,
    kind: ProbeKind,
    podIp: string,
    reported: Partial<PodStatus> | undefined,
  ): ProbeWorker {
    const { runtime, clock, random, events, onChange } = this.#options;
    const probe = container[`${kind}Probe`]!;
    const before = [...(reported?.containerStatuses ?? []), ...(reported?.initContainerStatuses ?? [])].find(
      ({ containerID }) => containerID === instance.reference,
    );
    const adopted = kind === 'readiness' ? before?.ready : kind === 'startup' ? before?.started : undefined;
    return new ProbeWorker({
      probe,
      kind,
      startedAt: instance.startedAt,
      initial: adopted
        ? 'success'
        : kind === 'liveness'
          ? 'success'
          : kind === 'readiness'
            ? 'failure'
            : 'unknown',
      clock,
      random,
      run: (signal) => runProbe(probe, { runtime, instanceId: instance.id, container, podIp }, signal),
      mayRun: () => kind === 'startup' || this.started(instance.id),
      onResult: onChange,
      onFailure: (text) =>
        events({
          pod,
          container: container.name,
          type: 'Warning',
          reason: 'Unhealthy',
          message: `${kind[0]!.toUpperCase()}${kind.slice(1)} probe failed: ${text}`,
        }),
    });
  }
}
