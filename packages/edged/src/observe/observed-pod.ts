import { hasCode } from '@edgecore/api';
import type { ContainerRuntime, ContainerStatus, SandboxStatus } from '@edgecore/container-runtime';

/** What the engine holds for one pod, newest first. */
export interface ObservedPod {
  readonly uid: string;
  readonly sandboxes: readonly SandboxStatus[];
  readonly containers: readonly ContainerStatus[];
}

/**
 * Asks the engine for everything of a pod. What vanishes between listing and
 * inspecting is left out.
 *
 * @throws {RuntimeUnavailableError}
 */
export async function observePod(runtime: ContainerRuntime, uid: string): Promise<ObservedPod> {
  const [sandboxes, containers] = await Promise.all([
    runtime
      .listSandboxes(uid)
      .then((all) => Promise.all(all.map((one) => present(runtime.sandboxStatus(one.id))))),
    runtime
      .listContainers(uid)
      .then((all) => Promise.all(all.map((one) => present(runtime.containerStatus(one.id))))),
  ]);
  return {
    uid,
    sandboxes: sandboxes
      .filter((one) => one !== undefined)
      .sort((a, b) => b.attempt - a.attempt || b.createdAt - a.createdAt),
    containers: containers
      .filter((one) => one !== undefined)
      .sort((a, b) => b.createdAt - a.createdAt || b.meta.restartCount - a.meta.restartCount),
  };
}

async function present<T>(inspect: Promise<T>): Promise<T | undefined> {
  try {
    return await inspect;
  } catch (error) {
    if (hasCode(error, 'ERR_RUNTIME_NOT_FOUND')) return undefined;
    throw error;
  }
}

/** The instances of a container, newest first. */
export function instancesOf(observed: ObservedPod, name: string): readonly ContainerStatus[] {
  return observed.containers.filter((container) => container.name === name);
}

export function latestOf(observed: ObservedPod, name: string): ContainerStatus | undefined {
  return observed.containers.find((container) => container.name === name);
}

/** Created, never started, nothing went wrong yet: it is about to start (edged.md §9.1). */
export function isAboutToStart(container: ContainerStatus): boolean {
  return container.state === 'created' && container.exitCode === 0;
}

/** Not running and it has an outcome: exited, or the engine could not start it. */
export function hasExited(container: ContainerStatus): boolean {
  return container.state === 'exited' || (container.state === 'created' && container.exitCode !== 0);
}

/** The engine could not start it: an exit code without a run. */
export function couldNotRun(container: ContainerStatus): boolean {
  const { exitCode, startedAt, finishedAt, createdAt } = container;
  const neverRan = finishedAt === 0 || (finishedAt === createdAt && startedAt === createdAt);
  return hasExited(container) && exitCode !== 0 && neverRan;
}

/** When it ended; an engine that could not start it leaves no time, then its creation counts. */
export function exitedAt(container: ContainerStatus): number {
  return container.finishedAt || container.createdAt;
}

/** True while anything of the pod can still do work. */
export function isActive(observed: ObservedPod): boolean {
  return (
    observed.containers.some((container) => container.state === 'running' || container.state === 'unknown') ||
    observed.sandboxes.some((sandbox) => sandbox.state === 'ready')
  );
}
