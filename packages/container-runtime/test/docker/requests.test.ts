import { describe, expect, test } from '@jest/globals';
import { cgroupParentFor } from '../../src/docker/cgroup-parent.js';
import { containerRequest } from '../../src/docker/containers/container-request.js';
import { mountFields } from '../../src/docker/containers/mounts.js';
import { formatResolvConf } from '../../src/docker/sandbox/resolv-conf.js';
import { sandboxRequest } from '../../src/docker/sandbox/sandbox-request.js';
import { securityFields } from '../../src/docker/security.js';
import type { ContainerConfig, SandboxConfig } from '../../src/index.js';
import { containerConfig, sandboxConfig } from '../configs.js';

interface Body {
  readonly [field: string]: unknown;
  readonly HostConfig: Readonly<Record<string, unknown>>;
}

function sandbox(overrides: Partial<SandboxConfig> = {}, dnsByEngine = false): Body {
  const context = {
    cgroupParent: '/x',
    oomScoreAdj: -998,
    seccompDefault: 'unconfined',
    dnsByEngine,
  } as const;
  return sandboxRequest(sandboxConfig(overrides), context) as Body;
}

function container(overrides: Partial<ContainerConfig> = {}, pod: Partial<SandboxConfig> = {}): Body {
  return containerRequest(sandboxConfig(pod), containerConfig(overrides), {
    sandboxId: 'S',
    cgroupParent: '/x',
    oomScoreAdj: 1000,
    seccompDefault: 'unconfined',
    logMaxSize: '10m',
    logMaxFiles: 5,
  }) as Body;
}

describe('a sandbox', () => {
  test('host ports are exposed and bound, others are not', () => {
    const body = sandbox({
      ports: [
        { protocol: 'TCP', containerPort: 80, hostPort: 8080, hostIp: '127.0.0.1' },
        { protocol: 'TCP', containerPort: 80, hostPort: 8081 },
        { protocol: 'UDP', containerPort: 53, hostPort: 5353 },
        { protocol: 'TCP', containerPort: 9000, hostPort: 0 },
      ],
    });
    expect(body['ExposedPorts']).toEqual({ '80/tcp': {}, '53/udp': {} });
    expect(body.HostConfig['PortBindings']).toEqual({
      '80/tcp': [
        { HostPort: '8080', HostIp: '127.0.0.1' },
        { HostPort: '8081', HostIp: '' },
      ],
      '53/udp': [{ HostPort: '5353', HostIp: '' }],
    });
  });

  test("on the host's network it has no host name and no ports of its own", () => {
    const body = sandbox({
      network: 'host',
      pid: 'host',
      ipc: 'host',
      ports: [{ protocol: 'TCP', containerPort: 80, hostPort: 80 }],
    });
    expect(body).not.toHaveProperty('Hostname');
    expect(body['ExposedPorts']).toEqual({});
    expect(body.HostConfig).toMatchObject({
      NetworkMode: 'host',
      PidMode: 'host',
      IpcMode: 'host',
      PortBindings: {},
    });
  });

  test('the engine writes resolv.conf only where we cannot', () => {
    const dns = { servers: ['10.0.0.1'], searches: [], options: ['ndots:5'] };
    expect(sandbox({ dns }).HostConfig).not.toHaveProperty('Dns');
    expect(sandbox({ dns }, true).HostConfig).toMatchObject({
      Dns: ['10.0.0.1'],
      DnsSearch: ['.'],
      DnsOptions: ['ndots:5'],
    });
    expect(sandbox({}, true).HostConfig).not.toHaveProperty('Dns');
  });

  test('sysctls are passed on', () => {
    expect(sandbox({ sysctls: { 'net.x': '1' } }).HostConfig['Sysctls']).toEqual({ 'net.x': '1' });
  });
});

describe('a container', () => {
  test("a command replaces the entry point, args the command, neither leaves the image's", () => {
    expect(container({ command: ['a'] })).toMatchObject({ Entrypoint: ['a'] });
    expect(container({ command: ['a'] })).not.toHaveProperty('Cmd');
    expect(container({ args: ['b'] })).toMatchObject({ Cmd: ['b'] });
    expect(container({ args: ['b'] })).not.toHaveProperty('Entrypoint');
  });

  test("joins the sandbox's namespaces as the pod says", () => {
    expect(container().HostConfig).toMatchObject({
      NetworkMode: 'container:S',
      IpcMode: 'container:S',
      PidMode: '',
      UTSMode: '',
    });
    expect(container({}, { pid: 'pod' }).HostConfig['PidMode']).toBe('container:S');
    expect(container({}, { pid: 'host', network: 'host' }).HostConfig).toMatchObject({
      PidMode: 'host',
      UTSMode: 'host',
    });
  });

  test('resources: memory without swap', () => {
    const resources = { cpuShares: 256, cpuQuota: 50_000, cpuPeriod: 100_000, memoryLimitBytes: 134_217_728 };
    expect(container({ resources }).HostConfig).toMatchObject({
      CpuShares: 256,
      CpuQuota: 50_000,
      CpuPeriod: 100_000,
      Memory: 134_217_728,
      MemorySwap: 134_217_728,
      OomScoreAdj: 1000,
    });
    expect(container().HostConfig).not.toHaveProperty('Memory');
  });

  test('devices, streams, health check, restart policy and log rotation', () => {
    const devices = [{ hostPath: '/dev/a', containerPath: '/dev/b', permissions: 'mrw' }];
    expect(container({ devices, stdin: true, stdinOnce: true, tty: true })).toMatchObject({
      OpenStdin: true,
      StdinOnce: true,
      Tty: true,
      Healthcheck: { Test: ['NONE'] },
      HostConfig: {
        Devices: [{ PathOnHost: '/dev/a', PathInContainer: '/dev/b', CgroupPermissions: 'mrw' }],
        RestartPolicy: { Name: 'no' },
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } },
      },
    });
  });
});

describe('mounts', () => {
  const mount = { hostPath: '/h', containerPath: '/c', readOnly: false };

  test.each([
    [mount, '/h:/c'],
    [{ ...mount, readOnly: true }, '/h:/c:ro'],
    [{ ...mount, propagation: 'rslave' as const }, '/h:/c:rslave'],
    [
      { ...mount, readOnly: true, selinuxRelabel: true, propagation: 'rshared' as const },
      '/h:/c:ro,Z,rshared',
    ],
  ])('%j is %s', (given, bind) => {
    expect(mountFields([given])).toEqual({ Binds: [bind] });
  });

  test('paths with a colon go another way', () => {
    const odd = { hostPath: '/h:1', containerPath: '/c', readOnly: true, propagation: 'rslave' as const };
    expect(mountFields([mount, odd])).toEqual({
      Binds: ['/h:/c'],
      Mounts: [
        {
          Type: 'bind',
          Source: '/h:1',
          Target: '/c',
          ReadOnly: true,
          BindOptions: { Propagation: 'rslave' },
        },
      ],
    });
  });
});

describe('security', () => {
  test.each([
    [{ runAsUser: 1000 }, '1000'],
    [{ runAsUser: 1000, runAsGroup: 3000 }, '1000:3000'],
    [{ runAsUser: 0 }, '0'],
    [{ runAsUserName: 'app', runAsGroup: 1 }, 'app:1'],
  ])('%j runs as %s', (security, user) => {
    expect(securityFields(security, 'unconfined').config).toEqual({ User: user });
  });

  test('capabilities, groups, root file system, privilege', () => {
    const { host } = securityFields(
      {
        capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
        supplementalGroups: [10, 20],
        readOnlyRootFilesystem: true,
        noNewPrivileges: true,
        maskedPaths: [],
        readonlyPaths: ['/proc/sys'],
      },
      'unconfined',
    );
    expect(host).toEqual({
      CapAdd: ['NET_ADMIN'],
      CapDrop: ['ALL'],
      GroupAdd: ['10', '20'],
      ReadonlyRootfs: true,
      MaskedPaths: [],
      ReadonlyPaths: ['/proc/sys'],
      SecurityOpt: ['seccomp=unconfined', 'no-new-privileges'],
    });
    const privileged = securityFields(
      { privileged: true, maskedPaths: ['/proc/kcore'] },
      'RuntimeDefault',
    ).host;
    expect(privileged).toEqual({ Privileged: true });
  });

  test("seccomp: unset is the option's default, a pod's choice wins", () => {
    const options = (securityOptions: string[] | undefined, fallback: 'unconfined' | 'RuntimeDefault') =>
      securityFields({ ...(securityOptions ? { securityOptions } : {}) }, fallback).host.SecurityOpt;
    expect(options(undefined, 'unconfined')).toEqual(['seccomp=unconfined']);
    expect(options(undefined, 'RuntimeDefault')).toBeUndefined();
    expect(options([], 'unconfined')).toBeUndefined();
    expect(options(['seccomp={}', 'apparmor=x'], 'unconfined')).toEqual(['seccomp={}', 'apparmor=x']);
    expect(options(['apparmor=x'], 'unconfined')).toEqual(['apparmor=x']);
  });
});

test('resolv.conf has only lines that say something', () => {
  expect(
    formatResolvConf({ servers: ['1.1.1.1', '2.2.2.2'], searches: ['a', 'b'], options: ['ndots:2', 'x'] }),
  ).toBe('nameserver 1.1.1.1\nnameserver 2.2.2.2\nsearch a b\noptions ndots:2 x\n');
  expect(formatResolvConf({ servers: [], searches: [], options: [] })).toBe('');
});

test.each([
  ['cgroupfs', '/kubepods/besteffort/pod1-2', '/kubepods/besteffort/pod1-2'],
  ['systemd', '/kubepods/besteffort/pod1-2', 'kubepods-besteffort-pod1_2.slice'],
  ['systemd', '/kubepods/podabc', 'kubepods-podabc.slice'],
  ['systemd', 'kubepods-podabc.slice', 'kubepods-podabc.slice'],
  ['systemd', '', ''],
  ['systemd', '/', ''],
] as const)('cgroup parent for %s: %s', (driver, given, wanted) => {
  expect(cgroupParentFor(driver, given)).toBe(wanted);
});
