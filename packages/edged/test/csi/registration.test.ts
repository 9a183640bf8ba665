import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { silentLogger } from '@edgecore/api';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DriverRegistry } from '../../src/csi/registration/driver-registry.js';
import { PluginWatcher } from '../../src/csi/registration/plugin-watcher.js';
import { systemClock } from '../../src/ports/clock.js';
import { FakeDriver, failing, registrar } from '../support/csi/fake-driver.js';

describe('registration of CSI drivers (edged.md §14)', () => {
  let directory: string;
  let registry: DriverRegistry;
  let driver: FakeDriver;
  let end: AbortController;
  let running: Promise<void>;
  const closing: (() => unknown)[] = [];
  const logged: string[] = [];
  const log = {
    ...silentLogger,
    warn: (fields: object | string, text?: string) => logged.push(`${JSON.stringify(fields)} ${text}`),
  };

  const watch = () => {
    end = new AbortController();
    const options = { directory: join(directory, 'reg'), registry, clock: systemClock, log };
    running = new PluginWatcher({
      ...options,
      checkMs: 60_000,
      timeoutMs: 1000,
      retryMs: 20,
      retryMaxMs: 100,
    }).run(end.signal);
  };
  const info = (more = {}) => ({
    type: 'CSIPlugin',
    name: 'disk.example.org',
    endpoint: driver.socket,
    supportedVersions: ['1.0.0'],
    ...more,
  });
  const register = async (name: string, answer: Parameters<typeof registrar>[1]) => {
    mkdirSync(join(directory, 'reg'), { recursive: true });
    const plugin = await registrar(join(directory, 'reg', name), answer);
    closing.push(() => plugin.stop());
    return plugin;
  };

  beforeEach(async () => {
    directory = await tempDir('csi-');
    registry = new DriverRegistry();
    logged.length = 0;
    driver = await new FakeDriver({ directory }).start();
    closing.push(() => driver.stop());
    watch();
  });
  afterEach(async () => {
    end.abort(new Error('stopped'));
    await running;
    for (const close of closing.splice(0)) await close();
  });

  test('a driver whose socket appears is registered and told so; it is forgotten when the socket vanishes', async () => {
    const plugin = await register('disk-reg.sock', info());
    await eventually(() => plugin.statuses.length > 0);
    expect(plugin.statuses).toEqual([{ pluginRegistered: true }]);
    expect(registry.get('disk.example.org')).toMatchObject({ endpoint: driver.socket, nodeId: 'n-1' });
    await plugin.stop();
    await eventually(() => !registry.get('disk.example.org'));
    const again = await register('disk-reg.sock', info());
    await eventually(() => registry.get('disk.example.org'));
    await eventually(() => again.statuses.length > 0);
  });

  test('one that is there before the agent, and is found again by the next agent', async () => {
    end.abort(new Error('stopped'));
    await running;
    const plugin = await register('disk-reg.sock', info());
    for (const registrations of [1, 2]) {
      registry = new DriverRegistry();
      watch();
      await eventually(() => plugin.statuses.length === registrations);
      expect(registry.get('disk.example.org')).toBeDefined();
      end.abort(new Error('stopped'));
      await running;
    }
  });

  test.each([
    ['a device plug-in', { type: 'DevicePlugin' }, 'plug-ins of type "DevicePlugin" are not supported'],
    ['a name that is a path', { name: '../../etc' }, '"../../etc" is not the name of a CSI driver'],
    ['no name', { name: '' }, '"" is not the name of a CSI driver'],
    ['version 0', { supportedVersions: ['0.3.0'] }, 'CSI version 1 is required, the driver supports 0.3.0'],
    ['no version', { supportedVersions: [] }, 'the driver supports none'],
    ['an endpoint that is no path', { endpoint: 'tcp://x' }, 'endpoint "tcp://x" is not a path'],
    ['an endpoint where nobody is', { endpoint: '/nowhere/csi.sock' }, 'code = Unavailable'],
  ])('%s is refused, told why, and does not keep others out', async (_, more, expected) => {
    const bad = await register('bad.sock', info({ name: 'bad', ...more }));
    const good = await register('good.sock', info());
    await eventually(() => good.statuses.length > 0);
    await eventually(() => bad.statuses.length > 1);
    expect(String(bad.statuses[0]!['error'])).toContain(expected);
    expect(registry.all().map(({ name }) => name)).toEqual(['disk.example.org']);
    expect(logged.filter((line) => line.includes('bad.sock'))).toHaveLength(1);
  });

  test('sockets that never answer, or speak something else, do not keep others out', async () => {
    mkdirSync(join(directory, 'reg'), { recursive: true });
    await listen('mute.sock', () => {});
    await listen('http.sock', (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    writeFileSync(join(directory, 'reg', 'file.sock'), '');
    await register('hanging.sock', () => new Promise(() => {}));
    const good = await register('zzz.sock', info());
    await eventually(() => good.statuses.length > 0);
    await eventually(() =>
      ['mute', 'http', 'hanging'].every((name) => logged.some((line) => line.includes(name))),
    );
    expect(logged.some((line) => line.includes('file.sock'))).toBe(false);
  });

  test('what fails at first is tried again', async () => {
    driver.handlers['NodeGetInfo'] = failing(14, 'starting');
    const plugin = await register('disk-reg.sock', info());
    await eventually(() => plugin.statuses.length > 1);
    expect(plugin.statuses[0]).toMatchObject({ error: 'rpc error: code = Unavailable desc = starting' });
    delete driver.handlers['NodeGetInfo'];
    await eventually(() => registry.get('disk.example.org'));
  });

  test('a directory that is taken away is made again', async () => {
    const before = await register('disk-reg.sock', info());
    await eventually(() => registry.get('disk.example.org'));
    await before.stop();
    rmSync(join(directory, 'reg'), { recursive: true });
    await eventually(() => !registry.get('disk.example.org'));
    await eventually(() => existsSync(join(directory, 'reg')));
    await register('disk-reg.sock', info());
    await eventually(() => registry.get('disk.example.org'));
  });

  async function listen(name: string, onConnection: (socket: Socket) => void): Promise<void> {
    const server: Server = createServer((socket) => {
      // Who hangs up on this one does not read on.
      socket.on('error', () => {});
      onConnection(socket);
    });
    await new Promise<void>((resolve) => server.listen(join(directory, 'reg', name), resolve));
    closing.push(() => server.close());
  }
});
