import { describe, expect, test } from '@jest/globals';
import { sandboxConfig } from '../../src/sandbox/sandbox-config.js';
import { container, pod } from '../support/builders.js';

const settings = {
  sandboxImage: 'pause:1',
  clusterDomain: 'cluster.local',
  podLogsDir: '/var/log/pods',
  cgroupsPerQos: true,
  cgroupRoot: '',
  seccomp: { profileDirectory: '/nowhere', fallback: 'Unconfined' as const },
};
const of = (spec: object, metadata = {}, more = {}) =>
  sandboxConfig(pod(spec, metadata), 2, { ...settings, ...more });

describe('what is asked for a sandbox (edged.md §5.1)', () => {
  test('a plain pod', async () => {
    expect(await of({}, { labels: { app: 'x' }, annotations: { a: 'b' } })).toEqual({
      pod: { uid: 'u', namespace: 'default', name: 'web-1' },
      attempt: 2,
      image: 'pause:1',
      hostname: 'web-1',
      labels: { app: 'x' },
      annotations: { a: 'b' },
      network: 'pod',
      pid: 'container',
      ipc: 'pod',
      ports: [],
      cgroupParent: '/kubepods/besteffort/podu',
      sysctls: {},
      security: { securityOptions: ['seccomp=unconfined'] },
      logDirectory: '/var/log/pods/default_web-1_u',
    });
  });

  test.each([
    [{ hostNetwork: true }, { network: 'host' }],
    [{ hostPID: true, shareProcessNamespace: true }, { pid: 'host' }],
    [{ shareProcessNamespace: true }, { pid: 'pod' }],
    [{ hostIPC: true }, { ipc: 'host' }],
    [
      { securityContext: { runAsUser: 5, runAsGroup: 6, fsGroup: 7 } },
      {
        security: {
          runAsUser: 5,
          runAsGroup: 6,
          supplementalGroups: [7],
          securityOptions: ['seccomp=unconfined'],
        },
      },
    ],
    [
      { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
      { security: { securityOptions: [] } },
    ],
  ])('%j', async (spec, expected) => {
    expect(await of(spec)).toMatchObject(expected);
  });

  test('host ports of all containers; none on the network of the host', async () => {
    const ports = [
      { containerPort: 80, hostPort: 8080 },
      { containerPort: 53, hostPort: 53, protocol: 'UDP', hostIP: '127.0.0.1' },
      { containerPort: 9 },
    ];
    const containers = [
      container('a', { ports }),
      container('b', { ports: [{ containerPort: 1, hostPort: 1 }] }),
    ];
    expect((await of({ containers })).ports).toEqual([
      { protocol: 'TCP', containerPort: 80, hostPort: 8080 },
      { protocol: 'UDP', containerPort: 53, hostPort: 53, hostIp: '127.0.0.1' },
      { protocol: 'TCP', containerPort: 1, hostPort: 1 },
    ]);
    expect((await of({ containers, hostNetwork: true })).ports).toEqual([]);
  });

  test.each([
    ['Burstable', { requests: { cpu: '1' } }, '/kubepods/burstable/podu'],
    ['Guaranteed', { limits: { cpu: '1', memory: '1Gi' } }, '/kubepods/podu'],
  ])('cgroup of a %s pod', async (_qos, resources, expected) => {
    expect((await of({ containers: [container('c', { resources })] })).cgroupParent).toBe(expected);
    expect((await of({}, {}, { cgroupsPerQos: false })).cgroupParent).toBe('');
    expect((await of({}, {}, { cgroupRoot: '/edge/' })).cgroupParent).toBe('/edge/kubepods/besteffort/podu');
  });

  test('what Docker cannot do is an error with its name', async () => {
    await expect(of({ runtimeClassName: 'x' })).rejects.toThrow('RuntimeClass "x" not found');
    await expect(of({ hostUsers: false })).rejects.toThrow(/hostUsers/);
  });
});
