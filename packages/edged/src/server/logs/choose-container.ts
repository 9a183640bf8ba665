import type { ContainerStatus } from '../../kube-types.js';
import type { PodSnapshot } from '../../ports/status-sink.js';
import { HttpProblem } from '../http-answer.js';

const CANNOT_PULL = new Set(['ErrImagePull', 'RegistryUnavailable', 'InvalidImageName']);

/**
 * The id of the container whose log is meant: the running one, else the one
 * that ended last; with `previous` the one before (edged.md §12.2).
 *
 * @throws {HttpProblem} with a kubelet's text when there is none.
 */
export function chooseContainer({ pod, status }: PodSnapshot, name: string, previous: boolean): string {
  const podName = pod.metadata.name;
  const specs = [
    ...pod.spec.containers,
    ...(pod.spec.initContainers ?? []),
    ...(pod.spec.ephemeralContainers ?? []),
  ];
  if (!specs.some((spec) => spec.name === name)) {
    throw new HttpProblem(404, `container "${name}" not found in pod "${podName}"`);
  }
  const found = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ].find((one) => one.name === name);
  if (!found) throw untyped(`container "${name}" in pod "${podName}" is not available`);
  if (previous) {
    const before = idOf(found.lastState?.terminated?.containerID);
    if (before) return before;
    throw untyped(`previous terminated container "${name}" in pod "${podName}" not found`);
  }
  const id = currentId(found);
  if (id) return id;
  throw untyped(reasonOf(found, podName));
}

function currentId({ state, lastState, containerID }: ContainerStatus): string | undefined {
  if (state.running) return idOf(containerID);
  return idOf(state.terminated?.containerID) ?? idOf(lastState?.terminated?.containerID);
}

/** `docker://<id>` is scheme and id. */
function idOf(reference: string | undefined): string | undefined {
  const id = reference?.split('://')[1];
  return id === '' ? undefined : id;
}

function reasonOf({ name, state }: ContainerStatus, pod: string): string {
  const who = `container "${name}" in pod "${pod}"`;
  if (state.terminated) return `${who} is terminated`;
  const reason = state.waiting?.reason ?? 'ContainerCreating';
  if (CANNOT_PULL.has(reason)) return `${who} is waiting to start: image can't be pulled`;
  if (reason === 'ImagePullBackOff') return `${who} is waiting to start: trying and failing to pull image`;
  return `${who} is waiting to start: ${reason}`;
}

/** A kubelet sends these without a content type. */
function untyped(text: string): HttpProblem {
  return new HttpProblem(400, text, { typed: false });
}
