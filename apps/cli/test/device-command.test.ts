import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '@edgecore/api';
import type { DeviceChange, DeviceSnapshot, DeviceSource } from '@edgecore/edgecore';
import { type Minicloud, startMinicloud } from '@edgecore/minicloud';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AgentServer } from '../../edgecore/src/observe/agent-server.js';
import { embeddedPaths } from '../src/embedded/paths.js';
import { edgecore } from './cli.js';

const led: DeviceSnapshot = {
  id: 'default/led',
  name: 'led',
  description: '',
  state: 'online',
  lastOnline: '',
  attributes: {},
  twins: {},
  pending: false,
};

describe('edgecore device', () => {
  let dataDir: string;
  let server: AgentServer;
  const listeners = new Set<(change: DeviceChange) => void>();
  const devices: DeviceSource = {
    devices: () => [led],
    counts: () => ({ total: 1, pending: 0 }),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  async function listen(source?: DeviceSource): Promise<void> {
    const paths = embeddedPaths(dataDir);
    await mkdir(paths.node, { recursive: true });
    server = await AgentServer.listen(
      {
        liveness: () => [],
        readiness: () => [],
        status: async () => ({}) as never,
        metrics: async () => ({ contentType: '', text: '' }),
      },
      { socket: join(paths.node, 'edgecore.sock'), port: 0, devices: source, log: silentLogger },
    );
  }
  const device = (...argv: string[]) => edgecore(['device', ...argv, '--data-dir', dataDir]);

  beforeEach(async () => {
    dataDir = await tempDir('ec-');
    await listen(devices);
  });
  afterEach(() => server.close());

  test('list and get, for people and as JSON', async () => {
    expect(await device('list')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\ndefault\/led +online/),
    });
    expect(JSON.parse((await device('list', '--json')).stdout)).toEqual([led]);
    expect((await device('get', 'default/led')).stdout).toMatch(/^Device +default\/led\n/);
    expect(JSON.parse((await device('get', 'default/led', '--json')).stdout)).toEqual(led);
    expect(await device('get', 'default/none')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'edgecore: there is no device "default/none" on this node\n',
    });
  });

  test('watch follows until it is interrupted', async () => {
    const end = new AbortController();
    let text = '';
    const watching = edgecore(['device', 'watch', '--json', '--data-dir', dataDir], {
      signal: end.signal,
      onStdout: (more) => {
        text += more;
      },
    });
    await eventually(() => text !== '', { intervalMs: 5 });
    for (const listener of listeners) listener({ type: 'removed', id: 'default/led' });
    await eventually(() => text.split('\n').length === 3, { intervalMs: 5 });
    end.abort();
    expect(await watching).toMatchObject({ code: 0, stderr: '' });
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([led, { id: 'default/led', removed: true }]);
    await eventually(() => listeners.size === 0, { intervalMs: 5 });
  });

  test('watch of one device, for people; the node’s end is said', async () => {
    let text = '';
    const argv = ['device', 'watch', 'default/led', '--data-dir', dataDir];
    const watching = edgecore(argv, {
      onStdout: (more) => {
        text += more;
      },
    });
    await eventually(() => text !== '', { intervalMs: 5 });
    await server.close();
    expect(await watching).toMatchObject({ code: 1, stderr: 'edgecore: the node has ended\n' });
    expect(text).toMatch(/^\d\d:\d\d:\d\d {2}default\/led {2}online/);
  });

  test('a node without devices, and none at all', async () => {
    await server.close();
    await listen();
    expect((await device('list')).stderr).toMatch(/^edgecore: the device module is off on this node/);
    await server.close();
    expect((await device('watch')).stderr).toMatch(/^edgecore: no node answers at .*edgecore start\n$/);
  });
});

describe('edgecore cloud device', () => {
  let dataDir: string;
  let cloud: Minicloud;
  const run = (...argv: string[]) => edgecore(['cloud', ...argv, '--data-dir', dataDir]);

  beforeEach(async () => {
    dataDir = await tempDir('ec-');
    const { adminSocket } = embeddedPaths(dataDir);
    cloud = await startMinicloud({ dataDir: join(dataDir, 'cloud'), adminSocket });
    const property = (name: string, value: string) => ({ name, desired: { value } });
    await cloud.apply({
      apiVersion: 'devices.kubeedge.io/v1beta1',
      kind: 'Device',
      metadata: { name: 'led' },
      spec: { properties: [property('power', 'ON'), property('mode', '')] },
    });
  });
  afterEach(() => cloud.close());

  test('lists wishes and changes them; a value may hold "="', async () => {
    for (const argv of [['devices'], ['get', 'devices']]) {
      expect((await run(...argv)).stdout).toBe(
        [
          'NAMESPACE  DEVICE  NODE           STATE  PROPERTY  WANTED  REPORTED',
          'default    led     (no node yet)  -      power     ON      -',
          'default    led     (no node yet)  -      mode      -       -',
          '',
        ].join('\n'),
      );
    }
    expect(await run('device', 'set', 'led', 'power=a=b')).toEqual({
      code: 0,
      stdout: 'Device default/led: power shall be "a=b"\n',
      stderr: '',
    });
    expect(cloud.device('led')?.properties['power']?.desired).toBe('a=b');
    expect(JSON.parse((await run('devices', '--json')).stdout)).toEqual(
      JSON.parse(JSON.stringify(cloud.devices())),
    );
    expect((await run('delete', 'device', 'led')).code).toBe(0);
    expect((await run('devices')).stdout).toBe('No devices.\n');
  });

  test.each([
    [['led', 'power'], /"power" is not <property>=<value>/],
    [
      ['led', 'colour=red'],
      /the cloud refused: device "default\/led" has no property "colour"; it has power, mode/,
    ],
    [['lamp', 'power=ON'], /the cloud refused: there is no device "default\/lamp"/],
  ])('set %j is refused in words', async (argv, message) => {
    expect(await run('device', 'set', ...argv)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(message),
    });
  });
});
