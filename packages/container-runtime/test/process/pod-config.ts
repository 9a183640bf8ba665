import { randomUUID } from 'node:crypto';
import type { ContainerConfig, SandboxConfig } from '../../src/index.js';
import * as configs from '../configs.js';

/** A pod as the process runtime takes it: on the host's network, without a cgroup. */
export function sandboxConfig(overrides: Partial<SandboxConfig> = {}): SandboxConfig {
  return configs.sandboxConfig({
    pod: { uid: randomUUID(), namespace: 'default', name: 'web' },
    hostname: 'web',
    labels: { app: 'web' },
    network: 'host',
    cgroupParent: '',
    logDirectory: '',
    ...overrides,
  });
}

/** A container that runs a script. */
export function containerConfig(script: string, overrides: Partial<ContainerConfig> = {}): ContainerConfig {
  return configs.containerConfig({
    name: 'main',
    image: 'busybox:1',
    command: ['/bin/sh', '-c', script],
    logPath: '',
    ...overrides,
  });
}
