import { errorText } from '@edgecore/api';
import type { ContainerStatus } from '@edgecore/container-runtime';
import { runHook, storedHook } from '../hooks/run-hook.js';
import type { Container, ContainerPort, Pod } from '../kube-types.js';
import type { ObservedPod } from '../observe/observed-pod.js';
import { isSidecar } from '../plan/restart-rule.js';
import type { PodServices } from './pod-services.js';

type KillServices = Pick<PodServices, 'runtime' | 'clock' | 'events' | 'log' | 'terms'>;

/** Seconds a pod without any grace period gets. */
const DEFAULT_GRACE_SECONDS = 2;

export interface KillOrder {
  /** `undefined` when only the engine knows the pod: labels tell the rest. */
  readonly pod: Pod | undefined;
  readonly observed: ObservedPod;
  /** Overrides the grace period of pod and labels. */
  readonly graceMs?: number | undefined;
  /** Text of the `Killing` events. */
  readonly message?: string;
}

/** Grace period of a pod being ended (edged.md §4.4), in milliseconds. */
export function podGraceMs({ metadata, spec }: Pod): number {
  const seconds =
    metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  return seconds * 1000;
}

/** Stops all containers, sidecars last in reverse order, then the sandboxes. @throws the first failure. */
export async function killPod(order: KillOrder, services: KillServices): Promise<void> {
  const { pod, observed } = order;
  const start = services.clock.now();
  const running = observed.containers.filter(({ state }) => state === 'running' || state === 'unknown');
  const sidecars = (pod?.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name);
  const kill = (instance: ContainerStatus, spentMs: number) => {
    const graceMs = order.graceMs ?? graceOf(pod, instance);
    const container = pod && specOf(pod, instance.name);
    const podIp = observed.sandboxes.flatMap(({ ips }) => ips)[0] ?? '';
    return killContainer(
      { pod, container, instance, podIp, graceMs: Math.max(0, graceMs - spentMs), message: order.message },
      services,
    );
  };
  await all(running.filter(({ name }) => !sidecars.includes(name)).map((instance) => kill(instance, 0)));
  for (const name of [...sidecars].reverse()) {
    const spent = services.clock.now() - start;
    await all(running.filter((one) => one.name === name).map((instance) => kill(instance, spent)));
  }
  await all(
    observed.sandboxes
      .filter(({ state }) => state === 'ready')
      .map(({ id }) => services.runtime.stopSandbox(id)),
  );
}

export interface ContainerKill {
  readonly pod: Pod | undefined;
  readonly container: Container | undefined;
  readonly instance: ContainerStatus;
  readonly podIp: string;
  readonly graceMs: number;
  readonly message?: string | undefined;
}

/** preStop within the grace period, then stop with what is left of it, at least the minimum (§4.4). */
export async function killContainer(kill: ContainerKill, services: KillServices): Promise<void> {
  const { pod, container, instance, graceMs } = kill;
  const { runtime, clock, events, terms } = services;
  if (pod) {
    const message = kill.message ?? `Stopping container ${instance.name}`;
    events({ pod, container: instance.name, type: 'Normal', reason: 'Killing', message });
  }
  const start = clock.now();
  const hook = container ? container.lifecycle?.preStop : storedHook(instance.meta.preStopHandler);
  if (hook && instance.state === 'running' && graceMs > 0) {
    const limit = new AbortController();
    const cancel = clock.after(graceMs, () => limit.abort(new Error('the grace period is over')));
    try {
      const ports = container ?? { ports: storedPorts(instance.meta.ports) };
      await runHook(
        hook,
        { runtime, clock, instanceId: instance.id, container: ports, podIp: kill.podIp },
        limit.signal,
      );
    } catch (error) {
      const message = `PreStopHook failed: ${errorText(error)}`;
      if (pod)
        events({ pod, container: instance.name, type: 'Warning', reason: 'FailedPreStopHook', message });
    } finally {
      cancel();
    }
  }
  const left = Math.max(terms.minimumGraceMs, graceMs - (clock.now() - start));
  await runtime.stopContainer(instance.id, left);
}

function graceOf(pod: Pod | undefined, { meta }: ContainerStatus): number {
  if (pod) return podGraceMs(pod);
  const seconds =
    meta.deletionGracePeriodSeconds ?? meta.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  return seconds * 1000;
}

function specOf({ spec }: Pod, name: string): Container | undefined {
  return [...spec.containers, ...(spec.initContainers ?? [])].find((one) => one.name === name);
}

function storedPorts(json: string | undefined): ContainerPort[] {
  try {
    return json === undefined ? [] : (JSON.parse(json) as ContainerPort[]);
  } catch {
    return [];
  }
}

/** Waits for all, then throws the first failure: one container that cannot be stopped keeps none running. */
async function all(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
