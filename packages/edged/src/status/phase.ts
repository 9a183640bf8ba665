import type { ContainerStatus, Pod, PodPhase } from '../kube-types.js';
import { isSidecar } from '../plan/restart-rule.js';

/** Phase of a pod from its container statuses (edged.md §9.2); first matching row. */
export function podPhase(
  { spec }: Pod,
  init: readonly ContainerStatus[],
  containers: readonly ContainerStatus[],
): PodPhase {
  let initPending = false;
  let sidecarPending = false;
  for (const container of spec.initContainers ?? []) {
    const status = init.find((one) => one.name === container.name);
    if (isSidecar(container)) {
      if (!status?.started && !hasStopped(status)) sidecarPending = true;
      continue;
    }
    const ended = status?.state.terminated ?? status?.lastState.terminated;
    if (status?.state.terminated?.exitCode === 0) continue;
    if (ended && ended.exitCode !== 0 && spec.restartPolicy === 'Never') return 'Failed';
    initPending = true;
  }
  let running = 0;
  let waiting = 0;
  let stopped = 0;
  let succeeded = 0;
  let unknown = 0;
  for (const { name } of spec.containers) {
    const status = containers.find((one) => one.name === name);
    if (status?.state.running) running++;
    else if (status?.state.terminated) {
      stopped++;
      if (status.state.terminated.exitCode === 0) succeeded++;
    } else if (status?.state.waiting) {
      if (status.lastState.terminated) stopped++;
      else waiting++;
    } else unknown++;
  }
  // A sidecar that restarts does not make a pod pending whose containers have run.
  if (initPending || (sidecarPending && running + stopped === 0)) return 'Pending';
  if (waiting > 0) return 'Pending';
  if (unknown > 0) return 'Pending';
  if (running > 0) return 'Running';
  if (stopped === 0) return 'Pending';
  if (spec.restartPolicy === 'Always') return 'Running';
  if (stopped === succeeded) return 'Succeeded';
  return spec.restartPolicy === 'Never' ? 'Failed' : 'Running';
}

function hasStopped(status: ContainerStatus | undefined): boolean {
  return status?.state.terminated !== undefined || status?.lastState.terminated !== undefined;
}
