import { request } from 'node:http';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { silentLogger } from '@edgecore/api';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { DeviceSnapshot } from '../../src/index.js';
import { AgentServer, type AgentSource } from '../../src/observe/agent-server.js';
import type { DeviceChange, DeviceSource } from '../../src/observe/device-source.js';
import { watchDevices } from '../../src/observe/device-watch.js';

const device = (id: string, state = '', pending = false): DeviceSnapshot => ({
  id,
  name: id.split('/').at(-1)!,
  description: '',
  state,
  lastOnline: '',
  attributes: {},
  twins: {},
  pending,
});

/** Devices by hand. */
class Devices implements DeviceSource {
  readonly all = new Map<string, DeviceSnapshot>();
  readonly listeners = new Set<(change: DeviceChange) => void>();

  devices(): DeviceSnapshot[] {
    return [...this.all.values()];
  }

  counts() {
    return { total: this.all.size, pending: this.devices().filter(({ pending }) => pending).length };
  }

  onChange(listener: (change: DeviceChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  put(changed: DeviceSnapshot): void {
    this.all.set(changed.id, changed);
    for (const listener of this.listeners) listener({ type: 'changed', device: changed });
  }

  remove(id: string): void {
    this.all.delete(id);
    for (const listener of this.listeners) listener({ type: 'removed', id });
  }
}

const source: AgentSource = {
  liveness: () => [],
  readiness: () => [],
  status: async () => ({ version: '1' }) as never,
  metrics: async () => ({ contentType: 'text/plain', text: '' }),
};

describe('devices over the agent’s own interface', () => {
  let devices: Devices;
  let server: AgentServer;
  let socket: string;

  async function listen(given?: DeviceSource): Promise<void> {
    socket = join(await tempDir(), 'agent.sock');
    server = await AgentServer.listen(source, { socket, port: 0, devices: given, log: silentLogger });
  }

  beforeEach(async () => {
    devices = new Devices();
    for (const id of ['default/led', 'single']) devices.put(device(id));
    await listen(devices);
  });
  afterEach(() => server.close());

  /** Lines as they come; `ended` when the answer is over. */
  function open(path: string) {
    const seen = { status: 0, text: '', ended: false, close: () => {} };
    const sent = request({ socketPath: socket, path, agent: false }, (response) => {
      seen.status = response.statusCode!;
      response.setEncoding('utf8').on('data', (text: string) => {
        seen.text += text;
      });
      response
        .on('error', () => {})
        .on('close', () => {
          seen.ended = true;
        });
    });
    sent.on('error', () => {}).end();
    seen.close = () => sent.destroy();
    return seen;
  }

  async function get(path: string) {
    const answer = open(path);
    await eventually(() => answer.ended, { intervalMs: 5 });
    return answer;
  }

  const lines = (text: string) =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { id: string; state?: string; removed?: true });

  test('a list, and one by its id, with a slash in it or encoded', async () => {
    expect(JSON.parse((await get('/devices')).text)).toEqual(devices.devices());
    for (const path of ['/devices/default/led', '/devices/default%2Fled']) {
      expect(JSON.parse((await get(path)).text)).toEqual(device('default/led'));
    }
    expect(await get('/devices/none')).toMatchObject({
      status: 404,
      text: 'there is no device "none" on this node\n',
    });
    expect(await get('/devices/%zz')).toMatchObject({ status: 404 });
    expect(await get('/devicesx')).toMatchObject({
      status: 404,
      text: expect.stringContaining('/devices\n'),
    });
  });

  test('the status counts them', async () => {
    devices.put(device('single', 'ok', true));
    expect(JSON.parse((await get('/status')).text)).toEqual({
      version: '1',
      devices: { total: 2, pending: 1 },
    });
  });

  test('a node without the device module says so', async () => {
    await server.close();
    await listen();
    expect(await get('/devices')).toMatchObject({
      status: 404,
      text: expect.stringMatching(/device module is off/),
    });
    expect(JSON.parse((await get('/status')).text)).toEqual({ version: '1' });
  });

  test('a watch begins with what is there, goes on with each change, and ends with its reader', async () => {
    const all = open('/devices?watch=true');
    const one = open('/devices/default/new?watch=true');
    await eventually(() => lines(all.text).length === 2 && one.status === 200, { intervalMs: 5 });
    devices.put(device('default/new', 'online'));
    devices.remove('single');
    await eventually(() => lines(all.text).length === 4 && lines(one.text).length === 1, { intervalMs: 5 });
    expect(lines(all.text).slice(2)).toEqual([
      device('default/new', 'online'),
      { id: 'single', removed: true },
    ]);
    all.close();
    one.close();
    await eventually(() => devices.listeners.size === 0, { intervalMs: 5 });
  });

  test('a watch ends with the agent', async () => {
    const watch = open('/devices?watch=true');
    await eventually(() => lines(watch.text).length === 2, { intervalMs: 5 });
    await server.close();
    await eventually(() => watch.ended && devices.listeners.size === 0, { intervalMs: 5 });
  });
});

describe('a slow reader', () => {
  /** Takes one line, then only what `go` lets through. */
  function slow() {
    const got: { id: string; state?: string; removed?: true }[] = [];
    let next = () => {};
    const to = new Writable({
      highWaterMark: 1,
      decodeStrings: false,
      write(chunk: string, _encoding, done) {
        got.push(JSON.parse(chunk));
        next = done;
      },
    });
    return { to, got, go: () => next() };
  }

  test('gets the last state of each device, not every one', async () => {
    const devices = new Devices();
    for (const id of ['a', 'b']) devices.put(device(id));
    const { to, got, go } = slow();
    watchDevices(devices, to);
    for (let turn = 0; turn < 1000; turn++) devices.put(device('b', `s${turn}`));
    devices.put(device('c'));
    devices.remove('c');
    while (got.length < 3) {
      const before = got.length;
      go();
      await eventually(() => got.length > before, { intervalMs: 1 });
    }
    expect(got.map(({ id, state, removed }) => [id, removed ?? state])).toEqual([
      ['a', ''],
      ['b', 's999'],
      ['c', true],
    ]);
    to.destroy();
    await eventually(() => devices.listeners.size === 0, { intervalMs: 1 });
  });

  test('is cut off when devices come and go without end', async () => {
    const devices = new Devices();
    const { to } = slow();
    watchDevices(devices, to, { maxWaiting: 10 });
    for (let turn = 0; turn < 50; turn++) devices.put(device(`d${turn}`));
    expect(to.destroyed).toBe(true);
    await eventually(() => devices.listeners.size === 0, { intervalMs: 1 });
  });
});
