import { describe, expect, test } from '@jest/globals';
import { defaultRouteInterface, nodeIp } from '../../src/node/addresses.js';
import { ConditionTimes, modernConditions } from '../../src/node/conditions.js';
import { systemHost } from '../../src/node/host.js';
import { microTime } from '../../src/node/lease-keeper.js';
import { readMachine } from '../../src/node/machine.js';
import { modernStatus } from '../../src/node/node-status.js';
import { binaryQuantity, parseMemoryInfo, parseOsName, parseThreadCount } from '../../src/node/parse-host.js';
import { readSamples } from '../../src/node/samples.js';
import { parseThreshold, thresholdAmount } from '../../src/node/threshold.js';
import { FakeHost } from '../support/fake-host.js';

describe('reading the machine', () => {
  test.each([
    ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"', 'Debian GNU/Linux 12 (bookworm)'],
    ["ID=x\nPRETTY_NAME='Alpine Linux v3.20'", 'Alpine Linux v3.20'],
    ['PRETTY_NAME=Plain', 'Plain'],
    ['PRETTY_NAME="a \\"quoted\\" \\$name"', 'a "quoted" $name'],
    ['PRETTY_NAME=', undefined],
    ['NAME=x', undefined],
  ])('os-release %j', (text, name) => {
    expect(parseOsName(text)).toBe(name);
  });

  test.each([
    [0, '0'],
    [1023, '1023'],
    [24_684_084 * 1024, '24684084Ki'],
    [24_105 * 1024 * 1024, '24105Mi'],
    [2 ** 30, '1Gi'],
    [267_847_642_337, '267847642337'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(binaryQuantity(bytes)).toBe(text);
  });

  test('meminfo, loadavg; damaged ones count nothing', () => {
    expect(parseMemoryInfo('MemTotal:  100 kB\nMemAvailable: 50 kB')).toEqual({
      totalKiB: 100,
      availableKiB: 50,
    });
    expect(parseMemoryInfo('')).toEqual({ totalKiB: 0, availableKiB: 0 });
    expect(parseThreadCount('0.1 0.2 0.3 2/831 4711')).toBe(831);
    expect(parseThreadCount('nonsense')).toBeUndefined();
  });

  test('the machine of the recording gives the figures of the recording', async () => {
    const machine = await readMachine(new FakeHost(), '/var/lib/edged');
    const facts = {
      machine,
      addresses: [],
      runtimeVersion: 'docker://20.10.24',
      maxPods: 110,
      kubeletPort: 10350,
      agentVersion: 'v1.23.1',
      thresholds: { 'memory.available': '50Mi', 'nodefs.available': '1%' },
    };
    expect(modernStatus(facts, [])).toMatchObject({
      capacity: {
        cpu: '2',
        'ephemeral-storage': '264212084Ki',
        'hugepages-1Gi': '0',
        'hugepages-2Mi': '0',
        memory: '24684084Ki',
        pods: '110',
      },
      allocatable: {
        cpu: '2',
        'ephemeral-storage': '267847642337',
        'hugepages-1Gi': '0',
        'hugepages-2Mi': '0',
        memory: '24632884Ki',
        pods: '110',
      },
      nodeInfo: {
        machineID: '3d12c0ffee',
        systemUUID: '3d12c0ffee',
        bootID: '434a-boot',
        osImage: 'Debian GNU/Linux 12 (bookworm)',
        kubeletVersion: 'v1.32.10-kubeedge-v1.23.1',
      },
    });
  });

  test('a machine without any of the files still gives facts', async () => {
    const host = new FakeHost();
    host.files.clear();
    host.disk = undefined;
    await expect(readMachine(host, '/x')).resolves.toMatchObject({
      machineId: '',
      osImage: 'Linux',
      memoryKiB: 0,
      storageBytes: undefined,
    });
    await expect(readSamples(host, '/x', '/x')).resolves.toEqual({});
  });

  test('this machine can be read', async () => {
    const machine = await readMachine(systemHost, '/');
    expect(machine.cpus).toBeGreaterThan(0);
    expect(machine.memoryKiB).toBeGreaterThan(1024);
    expect(machine.storageBytes).toBeGreaterThan(0);
    expect(machine.architecture).toMatch(/^(amd64|arm64|arm|386|riscv64|s390x|ppc64le)$/);
  });
});

describe('the node address', () => {
  test('configured, of an interface, of the default route with the lowest metric', async () => {
    const host = new FakeHost();
    const base = { nodeName: 'n' };
    await expect(nodeIp(host, { ...base, nodeIp: '1.2.3.4' })).resolves.toBe('1.2.3.4');
    await expect(nodeIp(host, { ...base, interfaceName: 'wlan0' })).resolves.toBe('192.168.2.9');
    await expect(nodeIp(host, { ...base, interfaceName: 'none0' })).resolves.toBe('10.77.0.11');
    await expect(nodeIp(host, base)).resolves.toBe('10.77.0.11');
    host.files.delete('/proc/net/route');
    await expect(nodeIp(host, base)).resolves.toBe('172.17.0.1');
    host.addressList = [];
    await expect(nodeIp(host, base)).resolves.toBeUndefined();
  });

  test('routes that are down or not default do not count', () => {
    const table =
      'h\na 00000000 0 0002 0 0 1 00000000\nb 0000A8C0 0 0001 0 0 1 00FFFFFF\nc 00000000 0 0003 0 0 9 00000000';
    expect(defaultRouteInterface(table)).toBe('c');
    expect(defaultRouteInterface('')).toBeUndefined();
  });
});

describe('pressure', () => {
  test('figures of the machine', async () => {
    await expect(readSamples(new FakeHost(), '/a', '/b')).resolves.toMatchObject({
      'memory.available': { whole: 24_684_084 * 1024, left: 12_000_000 * 1024 },
      'pid.available': { whole: 32_768, left: 32_768 - 831 },
      'imagefs.inodesFree': { whole: 1_000_000, left: 900_000 },
    });
  });

  test('thresholds as Go computes them; nonsense is refused', () => {
    expect(thresholdAmount(parseThreshold('1%'), 270_553_174_016)).toBe(2_705_531_679);
    expect(thresholdAmount(parseThreshold('100Mi'), 1)).toBe(104_857_600);
    expect(() => parseThreshold('a lot')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_QUANTITY' }));
  });

  test('the words of the conditions', () => {
    const conditions = modernConditions(
      { ready: false, reason: 'gone' },
      new Set(['MemoryPressure', 'DiskPressure', 'PIDPressure'] as const),
    );
    expect(conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`)).toEqual([
      'MemoryPressure=True KubeletHasInsufficientMemory',
      'DiskPressure=True KubeletHasDiskPressure',
      'PIDPressure=True KubeletHasInsufficientPID',
      'Ready=False KubeletNotReady',
    ]);
  });
});

test('transition times: the older one of the same status wins, another status is ignored', () => {
  const times = new ConditionTimes();
  const verdict = { type: 'Ready', status: 'True', reason: 'r', message: 'm' } as const;
  times.stamp([verdict], '2026-02-02T00:00:00Z');
  times.adopt([{ type: 'Ready', status: 'True', lastTransitionTime: '2026-03-03T00:00:00Z' }]);
  times.adopt([{ type: 'Ready', status: 'Unknown', lastTransitionTime: '2025-01-01T00:00:00Z' }]);
  expect(times.stamp([verdict], '2026-04-04T00:00:00Z')[0]!.lastTransitionTime).toBe('2026-02-02T00:00:00Z');
  times.adopt([{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }]);
  expect(times.stamp([verdict], '2026-04-04T00:00:00Z')[0]!.lastTransitionTime).toBe('2026-01-01T00:00:00Z');
});

test('renewTime has six decimals', () => {
  expect(microTime(Date.parse('2026-11-23T07:53:58.715Z'))).toBe('2026-11-23T07:53:58.715000Z');
});
