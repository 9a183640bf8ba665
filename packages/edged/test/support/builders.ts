import type { ContainerStatus as Instance, SandboxStatus } from '@edgecore/container-runtime';
import type { Container, ContainerStatus, Pod, PodSpec } from '../../src/kube-types.js';
import type { ObservedPod } from '../../src/observe/observed-pod.js';
import { containerHash } from '../../src/plan/container-hash.js';
import { parsePod } from '../../src/pods/parse-pod.js';

/** A pod as the planner sees it: parsed, with defaults. */
export function pod(spec: Partial<PodSpec> = {}, metadata: Record<string, unknown> = {}): Pod {
  return parsePod({
    metadata: { uid: 'u', name: 'web-1', namespace: 'default', ...metadata },
    spec: { containers: [{ name: 'c', image: 'busybox:1' }], ...spec },
  });
}

export function container(name: string, more: Partial<Container> = {}): Container {
  return { name, image: 'busybox:1', ...more };
}

/** An instance in the engine; running, unless told otherwise. */
export function instance(
  name: string,
  more: Partial<Instance> & { hash?: string; restarts?: number } = {},
): Instance {
  const { hash = containerHash(container(name)), restarts = 0, ...fields } = more;
  return {
    id: `${name}-${restarts}`,
    sandboxId: 's0',
    pod: { uid: 'u', namespace: 'default', name: 'web-1' },
    name,
    state: 'running',
    createdAt: 1000 + restarts,
    startedAt: 2000,
    finishedAt: 0,
    exitCode: 0,
    oomKilled: false,
    error: '',
    image: 'busybox:1',
    imageId: 'sha256:1',
    imageName: 'busybox:1',
    imageRef: 'docker://sha256:1',
    reference: `docker://${name}-${restarts}`,
    mounts: [],
    logPath: '',
    meta: {
      hash,
      restartCount: restarts,
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
    },
    ...fields,
  };
}

/** One that has ended at 5 s. */
export function exited(name: string, exitCode: number, more: Parameters<typeof instance>[1] = {}): Instance {
  return instance(name, { state: 'exited', exitCode, finishedAt: 5000, ...more });
}

export function sandbox(more: Partial<SandboxStatus> = {}): SandboxStatus {
  return {
    id: `s${more.attempt ?? 0}`,
    pod: { uid: 'u', namespace: 'default', name: 'web-1' },
    attempt: 0,
    state: 'ready',
    createdAt: 500,
    labels: {},
    annotations: {},
    ips: ['172.17.0.2'],
    network: 'pod',
    ...more,
  };
}

export function observed(
  containers: readonly Instance[] = [],
  sandboxes: readonly SandboxStatus[] = [sandbox()],
): ObservedPod {
  return { uid: 'u', sandboxes, containers };
}

/** A container status as the phase table needs it. */
export function statusOf(
  name: string,
  state: ContainerStatus['state'],
  lastState: ContainerStatus['lastState'] = {},
): ContainerStatus {
  return { name, state, lastState, ready: false, restartCount: 0, image: '', imageID: '' };
}

export const RUNNING = { running: { startedAt: null } };
export const WAITING = { waiting: { reason: 'ContainerCreating' } };

export function ended(exitCode: number) {
  return { terminated: { exitCode, startedAt: null, finishedAt: null } };
}
