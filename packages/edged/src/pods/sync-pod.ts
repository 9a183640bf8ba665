import { mkdir } from 'node:fs/promises';
import { executePlan } from '../act/execute-plan.js';
import type { PodServices } from '../act/pod-services.js';
import { podGarbage } from '../gc/dead-containers.js';
import type { PodStatus } from '../kube-types.js';
import { isActive, type ObservedPod, observePod } from '../observe/observed-pod.js';
import type { MountedVolume, MountedVolumes } from '../volumes/pod-volumes.js';
import { podDeadline } from './pod-deadline.js';
import type { PodState } from './pod-state.js';

/**
 * One sync of a pod that is to run (edged.md §4.1): observe, tell the status,
 * plan, volumes, act, observe and tell again.
 *
 * @returns milliseconds until the next one is due by itself; 0 for at once.
 * @throws when it must be tried again after the retry period.
 */
export async function syncPod(
  state: PodState,
  services: PodServices,
  publish: (status: PodStatus) => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  const { runtime, clock, terms, images } = services;
  const { uid } = state.pod.metadata;
  let observed = await observePod(runtime, uid);
  await state.learn(observed, false);
  const deadline = podDeadline(state.pod, state.previous?.startTime, clock.now());
  if (deadline.failure && !state.finished) state.failure = deadline.failure;
  const plan = state.plan(observed);
  await publish(state.compute(observed, false));
  signal.throwIfAborted();

  // Objects may take long to come: only what is to be started waits for its volumes.
  const starts = plan.steps.some(({ kind }) => kind === 'startContainer');
  const volumes = starts ? await mount(state, observed, services, signal) : new Map<string, MountedVolume>();
  const { failed } = await executePlan(plan, {
    pod: state.pod,
    observed,
    volumes,
    services,
    held: state.held,
    killGraceMs: state.killGraceMs,
    signal,
  });
  if (plan.steps.length > 0 || failed) {
    observed = await observePod(runtime, uid);
    await state.learn(observed, false);
    await publish(state.compute(observed, false));
  }
  await collect(observed, services);
  if (state.finished) {
    await release(uid, observed, services);
    // What it filled the disk with may have kept its end from being written down.
    if (state.status) await state.keep(state.status);
  } else if (!starts) await mount(state, observed, services, signal);
  if (plan.steps.length > 0 && !failed) return 0;
  const regular = terms.syncMs * (1 + services.random() / 2);
  const waits = [
    failed ? terms.retryMs : regular,
    plan.retryAfterMs,
    deadline.remainingMs,
    failed ? images.retryAfterMs(state.pod) : undefined,
  ];
  return Math.min(...waits.filter((ms) => ms !== undefined));
}

async function mount(
  state: PodState,
  observed: ObservedPod,
  services: PodServices,
  signal: AbortSignal,
): Promise<MountedVolumes> {
  const { pod } = state;
  const { volumes, objects, allocatable, clock, events, log } = services;
  const directory = volumes.podDirectory(pod.metadata.uid);
  for (const part of ['volumes', 'plugins'])
    await mkdir(`${directory}/${part}`, { recursive: true, mode: 0o750 });
  const sandbox = observed.sandboxes[0];
  const hostIps = services.hostIps();
  return volumes.setUp(pod, {
    objects,
    addresses: { hostIps, podIps: sandbox?.network === 'host' ? hostIps.slice(0, 1) : (sandbox?.ips ?? []) },
    allocatable,
    now: clock.now(),
    log,
    warn: (reason, message) => events({ pod, type: 'Warning', reason, message }),
    signal,
  });
}

/** A pod that is over keeps its containers and logs, not its volumes. */
async function release(uid: string, observed: ObservedPod, { volumes }: PodServices): Promise<void> {
  if (!isActive(observed)) await volumes.tearDown(uid);
}

async function collect(observed: ObservedPod, { runtime, clock, terms }: PodServices): Promise<void> {
  const rules = { keep: terms.deadContainers, minAgeMs: terms.deadContainerAgeMs, now: clock.now() };
  const { containers, sandboxes } = podGarbage(observed, rules);
  for (const id of containers) await runtime.removeContainer(id);
  for (const id of sandboxes) await runtime.removeSandbox(id);
}
