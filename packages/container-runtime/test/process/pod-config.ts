import { randomUUID } from 'node:crypto';
import type { ContainerConfig, SandboxConfig } from '../../src/index.js';

export function sandboxConfig(overrides: Partial<SandboxConfig> = {}): SandboxConfig {
  return {
    pod: { uid: randomUUID(), namespace: 'default', name: 'web' },
    attempt: 0,
    image: 'pause',
    hostname: 'web',
    labels: { app: 'web' },
    annotations: {},
    network: 'host',
    pid: 'container',
    ipc: 'pod',
    ports: [],
    cgroupParent: '',
    sysctls: {},
    logDirectory: '',
    ...overrides,
  };
}

export function containerConfig(script: string, overrides: Partial<ContainerConfig> = {}): ContainerConfig {
  return {
    name: 'main',
    image: 'busybox:1',
    command: ['/bin/sh', '-c', script],
    args: [],
    env: [],
    mounts: [],
    devices: [],
    stdin: false,
    stdinOnce: false,
    tty: false,
    resources: {},
    logPath: '',
    meta: {
      hash: '1',
      restartCount: 0,
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
    },
    ...overrides,
  };
}
