import type { Container, ContainerStatus, Pod, PodPhase, PodStatus } from '../kube-types.js';
import { hasExited, instancesOf, isActive, latestOf, type ObservedPod } from '../observe/observed-pod.js';
import { isSidecar, mayStart } from '../plan/restart-rule.js';
import type { Held } from '../plan/step.js';
import { rfc3339 } from '../ports/clock.js';
import { qosClass } from '../resources/qos.js';
import { podConditions, stampConditions } from './conditions.js';
import { containerStatus, unlocated } from './container-status.js';
import { podPhase } from './phase.js';

export interface StatusInput {
  readonly pod: Pod;
  readonly observed: ObservedPod;
  readonly previous: Partial<PodStatus> | undefined;
  /** Waiting reasons by container (edged.md §9.1). */
  readonly held: ReadonlyMap<string, Held>;
  /** First address is `hostIP`. */
  readonly hostIps: readonly string[];
  readonly now: number;
  /** When this node took the pod in; a start time reported before wins. */
  readonly acceptedAt: number;
  /** A reason on pod level that makes it `Failed`: rejected, evicted, past its deadline. */
  readonly failure?: Held | undefined;
  /** The pod has been stopped for good: everything that is not terminated is lost. */
  readonly ended?: boolean;
  /** Readiness and start of a running instance, by id. */
  isReady(instanceId: string): boolean;
  isStarted(instanceId: string): boolean;
  terminationMessage(instanceId: string): string | undefined;
}

const GONE = 'The container could not be located when the pod was terminated';

/** The complete status of a pod (edged.md §9). Pure. */
export function podStatus(input: StatusInput): PodStatus {
  const { pod, observed, previous, failure } = input;
  const neverRan =
    failure !== undefined && observed.containers.length === 0 && !previous?.containerStatuses?.length;
  const [init, containers, ephemeral] = neverRan ? [[], [], []] : containerStatuses(input);
  const computed = finalPhase(input, podPhase(pod, init, containers), containers);
  const phase = reportedPhase(input, computed);
  const sandbox = observed.sandboxes[0];
  const sandboxReady = sandbox?.state === 'ready' && (sandbox.network === 'host' || sandbox.ips.length > 0);
  const verdicts = podConditions({
    pod,
    phase: computed,
    init,
    containers,
    sandboxReady,
    foreign: pod.status?.conditions ?? [],
  });
  const podIps = sandbox?.network === 'host' ? input.hostIps.slice(0, 1) : (sandbox?.ips ?? []);
  return {
    phase,
    conditions: stampConditions(verdicts, previous?.conditions ?? [], rfc3339(input.now)),
    ...(failure && { reason: failure.reason, message: failure.message }),
    ...(input.hostIps[0] && { hostIP: input.hostIps[0], hostIPs: input.hostIps.map((ip) => ({ ip })) }),
    ...(podIps[0] && { podIP: podIps[0], podIPs: podIps.map((ip) => ({ ip })) }),
    startTime: previous?.startTime ?? rfc3339(input.acceptedAt),
    ...(init.length > 0 && { initContainerStatuses: init }),
    ...(containers.length > 0 && { containerStatuses: containers }),
    ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral }),
    qosClass: qosClass(pod.spec),
  };
}

function containerStatuses(input: StatusInput): [ContainerStatus[], ContainerStatus[], ContainerStatus[]] {
  const { spec } = input.pod;
  const initialised = spec.containers.some(({ name }) => latestOf(input.observed, name));
  const initialising = !initialised && (spec.initContainers ?? []).some((one) => !isDone(one, input));
  const { previous } = input;
  return [
    (spec.initContainers ?? []).map((container) => {
      const status = one(input, container, previous?.initContainerStatuses, initialising, initialised);
      return isSidecar(container) ? status : { ...status, ready: status.state.terminated?.exitCode === 0 };
    }),
    spec.containers.map((container) =>
      one(input, container, previous?.containerStatuses, initialising, false),
    ),
    (spec.ephemeralContainers ?? []).map((container) =>
      one(input, container as Container, previous?.ephemeralContainerStatuses, false, false),
    ),
  ];
}

function one(
  input: StatusInput,
  container: Container,
  previous: readonly ContainerStatus[] | undefined,
  initialising: boolean,
  initialised: boolean,
): ContainerStatus {
  const instances = instancesOf(input.observed, container.name);
  const newest = instances[0];
  const regularInit = (input.pod.spec.initContainers ?? []).includes(container) && !isSidecar(container);
  const ephemeral = !input.pod.spec.containers.includes(container) && !regularInit && !isSidecar(container);
  const status = containerStatus({
    container,
    instances,
    previous: previous?.find(({ name }) => name === container.name),
    held: input.held.get(container.name),
    willStart: !isOver(input) && !ephemeral && (isSidecar(container) || mayStart(input.pod.spec, newest)),
    initialising,
    assumeCompleted: regularInit && initialised,
    isReady: newest !== undefined && input.isReady(newest.id),
    isStarted: newest !== undefined && input.isStarted(newest.id),
    terminationMessage: input.terminationMessage,
  });
  if (!input.ended || status.state.terminated) return status;
  const last = status.lastState.terminated;
  return { ...status, ready: false, started: false, state: { terminated: last ?? unlocated(GONE) } };
}

/** Nothing is started any more, also when a container has been cleaned up. */
function isOver({ ended, failure, previous }: StatusInput): boolean {
  return (ended ?? false) || failure !== undefined || isTerminal(previous?.phase);
}

function isTerminal(phase: PodPhase | undefined): boolean {
  return phase === 'Failed' || phase === 'Succeeded';
}

function isDone(container: Container, { observed }: StatusInput): boolean {
  const latest = latestOf(observed, container.name);
  if (isSidecar(container)) return latest?.state === 'running';
  return latest !== undefined && hasExited(latest) && latest.exitCode === 0;
}

function finalPhase(
  { failure, ended, previous }: StatusInput,
  phase: PodPhase,
  containers: readonly ContainerStatus[],
): PodPhase {
  // A terminal phase never changes.
  if (previous?.phase === 'Failed' || previous?.phase === 'Succeeded') return previous.phase;
  if (failure) return 'Failed';
  if (!ended) return phase;
  return containers.every(({ state }) => state.terminated?.exitCode === 0) ? 'Succeeded' : 'Failed';
}

/** A terminal phase is told only when everything has stopped: the cloud then removes the object (§9.2). */
function reportedPhase({ observed, previous }: StatusInput, computed: PodPhase): PodPhase {
  const terminal = computed === 'Failed' || computed === 'Succeeded';
  if (!terminal || !isActive(observed)) return computed;
  return previous?.phase === undefined || previous.phase === 'Unknown' ? 'Pending' : previous.phase;
}
