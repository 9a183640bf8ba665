import type { ContainerConfig, SandboxConfig } from '../src/index.js';

/** A pod on an engine; the process runtime's differs in what `process/pod-config.ts` says. */
export function sandboxConfig(overrides: Partial<SandboxConfig> = {}): SandboxConfig {
  return {
    pod: { uid: 'u', namespace: 'n', name: 'p' },
    attempt: 0,
    image: 'pause',
    hostname: 'p',
    labels: {},
    annotations: {},
    network: 'pod',
    pid: 'container',
    ipc: 'pod',
    ports: [],
    cgroupParent: '/kubepods/besteffort/podu',
    sysctls: {},
    logDirectory: '/var/log/pods/n_p_u',
    ...overrides,
  };
}

export function containerConfig(overrides: Partial<ContainerConfig> = {}): ContainerConfig {
  return {
    name: 'c',
    image: 'busybox',
    command: [],
    args: [],
    env: [],
    mounts: [],
    devices: [],
    stdin: false,
    stdinOnce: false,
    tty: false,
    resources: {},
    logPath: '/var/log/pods/n_p_u/c/0.log',
    meta: {
      hash: '1',
      restartCount: 0,
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
    },
    ...overrides,
  };
}
