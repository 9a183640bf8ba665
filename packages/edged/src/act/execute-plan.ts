import { errorText, hasCode } from '@edgecore/api';
import { abortable } from '../abortable.js';
import type { ContainerHeldError } from '../errors.js';
import type { Pod } from '../kube-types.js';
import type { ObservedPod } from '../observe/observed-pod.js';
import type { Held, Plan, Step, StopReason } from '../plan/step.js';
import type { MountedVolumes } from '../volumes/pod-volumes.js';
import { createSandbox, describeSandbox, type LiveSandbox } from './create-sandbox.js';
import { killContainer, killPod, podGraceMs } from './kill.js';
import type { PodServices } from './pod-services.js';
import { startContainer } from './start-container.js';

export interface ExecuteContext {
  readonly pod: Pod;
  readonly observed: ObservedPod;
  readonly volumes: MountedVolumes;
  readonly services: PodServices;
  /** Waiting reasons; failures are entered, successful starts removed. */
  readonly held: Map<string, Held>;
  /** Overrides the grace period when the whole pod is stopped. */
  readonly killGraceMs: number | undefined;
  readonly signal: AbortSignal;
}

export interface Outcome {
  /** Something failed and is to be tried again after the retry period. */
  readonly failed: boolean;
}

const WHY: Readonly<Record<StopReason, string>> = {
  changed: 'definition changed, will be restarted',
  liveness: 'failed liveness probe, will be restarted',
  startup: 'failed startup probe, will be restarted',
  unknown: 'is in unknown state, try killing it before restart',
};

/**
 * Carries out a plan, step by step. A container that cannot be started keeps
 * no other from starting; an init container does.
 *
 * @throws what stops the whole pod: the engine is away, a stop failed, the signal aborted.
 */
export async function executePlan(plan: Plan, context: ExecuteContext): Promise<Outcome> {
  const { pod, services, signal } = context;
  let sandbox: LiveSandbox | undefined;
  let failed = false;
  const stops = plan.steps.filter((step) => step.kind === 'stopContainer');
  // Whoever aborts stops the containers in another way.
  await abortable(Promise.all(stops.map((step) => stop(step, context))), signal);
  for (const step of plan.steps) {
    signal.throwIfAborted();
    services.log.debug(
      { pod: pod.metadata.name, namespace: pod.metadata.namespace, step: step.kind },
      'pod step',
    );
    switch (step.kind) {
      case 'stopContainer':
        break;
      case 'stopPod':
        await abortable(
          killPod({ pod, observed: context.observed, graceMs: context.killGraceMs }, services),
          signal,
        );
        break;
      case 'removeContainer':
        await services.runtime.removeContainer(step.id);
        break;
      case 'createSandbox':
        try {
          sandbox = await createSandbox(pod, step.attempt, services, signal);
        } catch (error) {
          if (isFatal(error, signal)) throw error;
          const message = `Failed to create pod sandbox: ${errorText(error)}`;
          services.events({ pod, type: 'Warning', reason: 'FailedCreatePodSandBox', message });
          if (hasCode(error, 'ERR_UNSUPPORTED_BY_RUNTIME')) holdAll(context, errorText(error));
          return { failed: true };
        }
        break;
      case 'startContainer':
        sandbox ??= await existingSandbox(plan, context);
        if (!(await start(step, sandbox, context))) {
          failed = true;
          if (step.role === 'init' || step.role === 'sidecar') return { failed };
        }
        break;
    }
  }
  return { failed };
}

/** What this engine can never do must show in the status, not only as an event that passes. */
function holdAll({ pod, held }: ExecuteContext, message: string): void {
  for (const { name } of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    held.set(name, { reason: 'CreateContainerError', message });
  }
}

async function existingSandbox(
  plan: Plan,
  { pod, services, observed, signal }: ExecuteContext,
): Promise<LiveSandbox> {
  const status = observed.sandboxes.find(({ id }) => id === plan.sandboxId)!;
  return { status, config: await describeSandbox(pod, status.attempt, services, signal) };
}

async function start(
  step: Extract<Step, { kind: 'startContainer' }>,
  sandbox: LiveSandbox,
  { pod, services, volumes, held, signal }: ExecuteContext,
): Promise<boolean> {
  const { name } = step.container;
  try {
    await startContainer(step, { pod, sandbox, volumes, services, signal });
    held.delete(name);
    return true;
  } catch (error) {
    if (isFatal(error, signal) || !hasCode(error, 'ERR_CONTAINER_HELD')) throw error;
    const { reason, message } = error as ContainerHeldError;
    held.set(name, { reason, message });
    services.events({
      pod,
      container: name,
      type: 'Warning',
      reason: 'Failed',
      message: `Error: ${reason}: ${message}`,
    });
    return false;
  }
}

async function stop(
  { instance, container, why }: Extract<Step, { kind: 'stopContainer' }>,
  { pod, services, observed }: ExecuteContext,
): Promise<void> {
  const probe =
    why === 'liveness' ? container.livenessProbe : why === 'startup' ? container.startupProbe : undefined;
  const seconds = probe?.terminationGracePeriodSeconds;
  await killContainer(
    {
      pod,
      container,
      instance,
      podIp: observed.sandboxes[0]?.ips[0] ?? '',
      graceMs: seconds === undefined ? podGraceMs(pod) : seconds * 1000,
      message: `Container ${container.name} ${WHY[why]}`,
    },
    services,
  );
}

function isFatal(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted || hasCode(error, 'ERR_RUNTIME_UNAVAILABLE');
}
