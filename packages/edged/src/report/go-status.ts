import type {
  ContainerState,
  ContainerStateTerminated,
  ContainerStatus,
  PodCondition,
  PodStatus,
} from '../kube-types.js';

/**
 * Go's omission rules for the parts of a status both dialects share
 * (edged.md §11.1): which members are always there, which vanish when empty,
 * and that a zero time inside is `null`.
 */

export function goCondition(condition: PodCondition): Record<string, unknown> {
  return {
    type: condition.type,
    status: condition.status,
    lastProbeTime: null,
    lastTransitionTime: condition.lastTransitionTime,
    ...text('reason', condition.reason),
    ...text('message', condition.message),
  };
}

export function goContainerStatus(status: ContainerStatus, volumeMounts: boolean): Record<string, unknown> {
  return {
    name: status.name,
    state: goState(status.state),
    lastState: goState(status.lastState),
    ready: status.ready,
    restartCount: status.restartCount,
    image: status.image,
    imageID: status.imageID,
    ...text('containerID', status.containerID),
    ...(status.started !== undefined && { started: status.started }),
    ...(volumeMounts && status.volumeMounts?.length && { volumeMounts: status.volumeMounts }),
  };
}

/** The three lists of container statuses that have entries. */
export function goContainerLists(
  status: PodStatus,
  volumeMounts: boolean,
): Record<string, Record<string, unknown>[]> {
  const lists: Record<string, Record<string, unknown>[]> = {};
  for (const key of CONTAINER_LISTS) {
    const list = status[key];
    if (list?.length) lists[key] = list.map((one) => goContainerStatus(one, volumeMounts));
  }
  return lists;
}

export const CONTAINER_LISTS = [
  'initContainerStatuses',
  'containerStatuses',
  'ephemeralContainerStatuses',
] as const;

/** A member that is left out when it is empty. */
export function text(key: string, value: string | undefined): Record<string, string> {
  return value ? { [key]: value } : {};
}

function goState({ waiting, running, terminated }: ContainerState): Record<string, unknown> {
  if (running) return { running: { startedAt: running.startedAt } };
  if (terminated) return { terminated: goTerminated(terminated) };
  if (waiting) return { waiting: { ...text('reason', waiting.reason), ...text('message', waiting.message) } };
  return {};
}

function goTerminated(state: ContainerStateTerminated): Record<string, unknown> {
  return {
    exitCode: state.exitCode,
    ...(state.signal && { signal: state.signal }),
    ...text('reason', state.reason),
    ...text('message', state.message),
    startedAt: state.startedAt,
    finishedAt: state.finishedAt,
    ...text('containerID', state.containerID),
  };
}
