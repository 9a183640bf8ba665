import type { ContainerStatus, Pod, PodCondition, PodPhase } from '../kube-types.js';
import { isSidecar } from '../plan/restart-rule.js';

/** A condition before it has a time. */
export type Verdict = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;

export interface ConditionInput {
  readonly pod: Pod;
  /** The computed phase, also when it is not reported yet. */
  readonly phase: PodPhase;
  readonly init: readonly ContainerStatus[];
  readonly containers: readonly ContainerStatus[];
  /** The sandbox is up and has its network. */
  readonly sandboxReady: boolean;
  /** Conditions of the object as the cloud last sent it: readiness gates live there. */
  readonly foreign: readonly Pick<PodCondition, 'type' | 'status'>[];
}

/** The conditions this node owns, in the order kubelet lists them (edged.md §9.3). */
export function podConditions(input: ConditionInput): Verdict[] {
  const containersReady = readiness(input, 'ContainersReady');
  return [
    { type: 'PodReadyToStartContainers', status: input.sandboxReady ? 'True' : 'False' },
    initialized(input),
    ready(input, containersReady),
    containersReady,
    { type: 'PodScheduled', status: 'True' },
  ];
}

function initialized({ pod, phase, init, containers }: ConditionInput): Verdict {
  const type = 'Initialized';
  if (phase === 'Succeeded') return { type, status: 'True', reason: 'PodCompleted' };
  const ran = containers.some((one) => one.state.running || one.state.terminated || one.lastState.terminated);
  const incomplete = (pod.spec.initContainers ?? [])
    .filter((container) => {
      const status = init.find((one) => one.name === container.name);
      if (isSidecar(container)) return !status?.started && !ran;
      return status?.state.terminated?.exitCode !== 0;
    })
    .map(({ name }) => name);
  if (incomplete.length === 0) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${incomplete.join(' ')}]`,
  };
}

function readiness({ pod, phase, init, containers }: ConditionInput, type: string): Verdict {
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  if (containers.length === 0) return { type, status: 'False', reason: 'UnknownContainerStatuses' };
  const wanted = [
    ...(pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => ({ name, among: init })),
    ...pod.spec.containers.map(({ name }) => ({ name, among: containers })),
  ];
  const unknown: string[] = [];
  const unready: string[] = [];
  for (const { name, among } of wanted) {
    const status = among.find((one) => one.name === name);
    if (!status) unknown.push(name);
    else if (!status.ready) unready.push(name);
  }
  const parts = [
    ...(unknown.length > 0 ? [`containers with unknown status: [${unknown.join(' ')}]`] : []),
    ...(unready.length > 0 ? [`containers with unready status: [${unready.join(' ')}]`] : []),
  ];
  if (parts.length === 0) return { type, status: 'True' };
  return { type, status: 'False', reason: 'ContainersNotReady', message: parts.join(', ') };
}

function ready({ pod, foreign }: ConditionInput, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return { ...containersReady, type: 'Ready' };
  const missing: string[] = [];
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const gate = foreign.find(({ type }) => type === conditionType);
    if (!gate)
      missing.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (gate.status !== 'True') {
      missing.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`);
    }
  }
  if (missing.length === 0) return { type: 'Ready', status: 'True' };
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: missing.join(', ') };
}

/** Gives verdicts their times: a condition keeps its time while its status stays. */
export function stampConditions(
  verdicts: readonly Verdict[],
  previous: readonly PodCondition[],
  now: string,
): PodCondition[] {
  return verdicts.map(({ type, status, reason, message }) => {
    const before = previous.find((one) => one.type === type);
    return {
      type,
      status,
      lastProbeTime: null,
      lastTransitionTime:
        before?.status === status && before.lastTransitionTime ? before.lastTransitionTime : now,
      ...(reason !== undefined && { reason }),
      ...(message !== undefined && { message }),
    };
  });
}
