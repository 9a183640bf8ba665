import type { ContainerStatus as Instance } from '@edgecore/container-runtime';
import type { Container, ContainerState, ContainerStateTerminated, ContainerStatus } from '../kube-types.js';
import { couldNotRun, hasExited, isAboutToStart } from '../observe/observed-pod.js';
import type { Held } from '../plan/step.js';
import { rfc3339 } from '../ports/clock.js';

export interface ContainerStatusInput {
  readonly container: Container;
  /** Newest first. */
  readonly instances: readonly Instance[];
  /** The status reported last, by this process or before it. */
  readonly previous: ContainerStatus | undefined;
  /** Why it is not started, when it is to be (re)started but cannot. */
  readonly held: Held | undefined;
  /** It will be started (again) when possible. */
  readonly willStart: boolean;
  /** The pod has init containers that are not done. */
  readonly initialising: boolean;
  /** Init containers of an initialised pod count as done, even when they were cleaned up. */
  readonly assumeCompleted: boolean;
  /** Verdicts of the probes for the newest instance. */
  readonly isReady: boolean;
  readonly isStarted: boolean;
  /** Message the process left, by instance id (edged.md §9.4). */
  terminationMessage(id: string): string | undefined;
}

/** The status of one container (edged.md §9.1). `ready` of init containers is the caller's. */
export function containerStatus(input: ContainerStatusInput): ContainerStatus {
  const { container, instances, previous } = input;
  const newest = instances[0];
  const { state, lastState } = newest ? observedState(input, newest) : missingState(input);
  const running = state.running !== undefined;
  // Its end is known, the container is not any more: it was cleaned up.
  const kept = !newest && state.terminated ? previous : undefined;
  const volumeMounts = mountStatuses(container);
  return {
    name: container.name,
    state,
    lastState,
    ready: running && input.isReady && input.isStarted,
    restartCount: newest?.meta.restartCount ?? previous?.restartCount ?? 0,
    image: newest?.imageName || kept?.image || container.image || '',
    imageID: newest?.imageRef ?? kept?.imageID ?? '',
    ...(newest ? { containerID: newest.reference } : kept?.containerID && { containerID: kept.containerID }),
    started: running && input.isStarted,
    ...(volumeMounts.length > 0 && { volumeMounts }),
  };
}

interface States {
  readonly state: ContainerState;
  readonly lastState: ContainerState;
}

function observedState(input: ContainerStatusInput, newest: Instance): States {
  const before = input.instances.slice(1).find(hasExited);
  const earlier = before ? { terminated: terminated(input, before) } : (input.previous?.lastState ?? {});
  if (newest.state === 'running') {
    return { state: { running: { startedAt: time(newest.startedAt) } }, lastState: earlier };
  }
  if (hasExited(newest)) {
    const ended = { terminated: terminated(input, newest) };
    // What is to run again but has to wait shows its end as the last state.
    return input.held && input.willStart
      ? { state: { waiting: input.held }, lastState: ended }
      : { state: ended, lastState: earlier };
  }
  if (isAboutToStart(newest)) return { state: { waiting: waitingFor(input) }, lastState: earlier };
  return { state: { waiting: { reason: 'ContainerStatusUnknown' } }, lastState: earlier };
}

function missingState(input: ContainerStatusInput): States {
  const { previous } = input;
  if (input.assumeCompleted) {
    const done = previous?.state.terminated ?? completed();
    return { state: { terminated: done }, lastState: previous?.lastState ?? {} };
  }
  const lost = previous?.state.running ?? (previous?.state.terminated && previous.containerID);
  if (!lost) return { state: { waiting: waitingFor(input) }, lastState: previous?.lastState ?? {} };
  const ended: ContainerState = {
    terminated: previous?.state.terminated ?? {
      ...unlocated(
        'The container could not be located when the pod was deleted.  The container used to be Running',
      ),
      ...(previous?.containerID && { containerID: previous.containerID }),
    },
  };
  return input.willStart
    ? { state: { waiting: waitingFor(input) }, lastState: ended }
    : { state: ended, lastState: {} };
}

function waitingFor({ held, initialising }: ContainerStatusInput): Held | { reason: string } {
  return held ?? { reason: initialising ? 'PodInitializing' : 'ContainerCreating' };
}

function terminated(input: ContainerStatusInput, instance: Instance): ContainerStateTerminated {
  const failed = couldNotRun(instance);
  const started = failed ? instance.createdAt : instance.startedAt;
  const finished = failed ? instance.createdAt : instance.finishedAt;
  const message = [instance.error, input.terminationMessage(instance.id)].filter(Boolean).join(': ');
  return {
    exitCode: instance.exitCode,
    ...(instance.signal && { signal: instance.signal }),
    reason: failed
      ? 'ContainerCannotRun'
      : instance.oomKilled
        ? 'OOMKilled'
        : instance.exitCode === 0
          ? 'Completed'
          : 'Error',
    ...(message !== '' && { message }),
    startedAt: time(started),
    finishedAt: time(finished),
    containerID: instance.reference,
  };
}

/** The end of a container nobody can find any more (§4.6, §9.1). */
export function unlocated(message: string): ContainerStateTerminated {
  return { exitCode: 137, reason: 'ContainerStatusUnknown', message, startedAt: null, finishedAt: null };
}

function completed(): ContainerStateTerminated {
  return { exitCode: 0, reason: 'Completed', startedAt: null, finishedAt: null };
}

function time(ms: number): string | null {
  return ms === 0 ? null : rfc3339(ms);
}

function mountStatuses(container: Container) {
  return (container.volumeMounts ?? []).map(({ name, mountPath, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly && { readOnly, recursiveReadOnly: 'Disabled' }),
  }));
}
