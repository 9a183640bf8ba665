import { mkdir, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { type EdgeCoreConfig, parseConfig } from '@edgecore/edgecore';
import { freePort, tempDir } from '@edgecore/testing';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { DoctorContext } from '../src/doctor/check.js';
import { certificateCheck } from '../src/doctor/checks/certificates.js';
import { dockerCheck } from '../src/doctor/checks/docker.js';
import { clockCheck, otherAgentsCheck } from '../src/doctor/checks/machine.js';
import { cloudCheck, mqttCheck } from '../src/doctor/checks/network.js';
import { nodeVersionCheck } from '../src/doctor/checks/node-version.js';
import { dataDirCheck, diskSpaceCheck } from '../src/doctor/checks/storage.js';
import { runChecks } from '../src/doctor/run-checks.js';
import { edgecore } from './cli.js';
import { makeCloudTls } from './cloud-tls.js';

const V2 = 'apiVersion: edgecore.config.kubeedge.io/v1alpha2\n';
const host = { hostName: 'edge-1', localIp: '192.0.2.10', arch: 'x64' };
const configOf = (modules = ''): EdgeCoreConfig => {
  const { config, problems } = parseConfig(`${V2}modules: {${modules}}`, { host, env: {} });
  if (!config) throw new Error(JSON.stringify(problems));
  return config;
};
const context = (changes: Partial<DoctorContext> = {}): DoctorContext => ({
  config: undefined,
  dataDir: '/',
  dockerEndpoint: '/nowhere/docker.sock',
  env: {},
  now: Date.now(),
  ...changes,
});

describe('the machine', () => {
  test.each([
    ['20.19.0', 'ok'],
    ['22.1.0', 'ok'],
    ['20.18.3', 'failed'],
    ['18.20.0', 'failed'],
  ])('Node.js %s: %s', async (version, state) => {
    expect(await nodeVersionCheck(version).run(context())).toMatchObject({ state });
  });

  test('a clock in 1970 fails with what to do', async () => {
    expect(await clockCheck.run(context({ now: 1000 }))).toMatchObject({
      state: 'failed',
      found: expect.stringContaining('1970'),
      advice: expect.stringContaining('timedatectl'),
    });
    expect(await clockCheck.run(context())).toMatchObject({ state: 'ok' });
  });

  test('other agents', async () => {
    const check = (...names: string[]) => otherAgentsCheck(async () => new Set(names));
    expect(await check('kubelet').run(context())).toMatchObject({ state: 'failed' });
    const env = { CHECK_EDGECORE_ENVIRONMENT: 'false' };
    expect(await check('kubelet').run(context({ env }))).toMatchObject({ state: 'warning' });
    expect(await check('edgecore').run(context())).toMatchObject({ state: 'warning' });
    expect(await check('sh').run(context())).toMatchObject({ state: 'ok' });
  });

  test('data directory: there, to be made, impossible', async () => {
    const dir = await tempDir();
    expect(await dataDirCheck.run(context({ dataDir: dir }))).toMatchObject({ state: 'ok' });
    expect(await dataDirCheck.run(context({ dataDir: join(dir, 'a', 'b') }))).toMatchObject({ state: 'ok' });
    await writeFile(join(dir, 'file'), '');
    expect(await dataDirCheck.run(context({ dataDir: join(dir, 'file') }))).toMatchObject({
      state: 'failed',
    });
    expect(await diskSpaceCheck.run(context({ dataDir: dir }))).toMatchObject({
      found: expect.stringMatching(/^\d+ MiB free/),
    });
  });

  test('a check that throws has failed and spoils no other', async () => {
    const broken = { name: 'broken', run: () => Promise.reject(new Error('boom')) };
    const results = await runChecks([broken, clockCheck], context());
    expect(results.map(({ name, state }) => [name, state])).toEqual([
      ['broken', 'failed'],
      ['clock', 'ok'],
    ]);
  });
});

describe('Docker', () => {
  const engines: Server[] = [];
  afterAll(() => {
    for (const server of engines) server.close();
  });
  const engine = async (info: object, api = '1.41') => {
    const path = join(await tempDir(), 'docker.sock');
    const server = createHttpServer((request, response) => {
      const body = request.url === '/version' ? { Version: '20.10.24', ApiVersion: api } : info;
      response.end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    engines.push(server);
    return path;
  };

  test('its version and cgroup driver', async () => {
    const dockerEndpoint = await engine({ CgroupDriver: 'systemd', CgroupVersion: '2', Driver: 'overlay2' });
    expect(await dockerCheck.run(context({ dockerEndpoint }))).toEqual({
      state: 'ok',
      found: 'Docker 20.10.24 (API 1.41, cgroup systemd v2, storage overlay2)',
    });
    expect(await dockerCheck.run(context({ dockerEndpoint, config: configOf() }))).toMatchObject({
      state: 'failed',
      advice: expect.stringContaining('cgroupDriver'),
    });
  });

  test('too old', async () => {
    const dockerEndpoint = await engine({ CgroupDriver: 'cgroupfs' }, '1.9');
    expect(await dockerCheck.run(context({ dockerEndpoint }))).toMatchObject({ state: 'failed' });
  });

  test('none: a warning, or a failure when it was asked for', async () => {
    expect(await dockerCheck.run(context())).toMatchObject({
      state: 'warning',
      found: '/nowhere/docker.sock: there is no such socket',
    });
    const { config } = parseConfig(`${V2}edgecoreTs: {edged: {runtime: docker}}`, { host, env: {} });
    expect(await dockerCheck.run(context({ config }))).toMatchObject({ state: 'failed' });
  });
});

describe('certificates', () => {
  const tls = makeCloudTls({ cn: 'system:node:edge-1', days: 100 });
  const withFiles = async (files: Partial<Record<'ca' | 'cert' | 'key', string>>) => {
    const dir = await tempDir();
    for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
    const paths = `tlsCaFile: ${dir}/ca, tlsCertFile: ${dir}/cert, tlsPrivateKeyFile: ${dir}/key`;
    return (more = '', now = Date.now()) =>
      certificateCheck.run(context({ config: configOf(`edgeHub: {${paths}${more}}`), now }));
  };
  const day = 86_400_000;

  test('good, near their end, over, not begun', async () => {
    const check = await withFiles(tls);
    expect(await check()).toMatchObject({ state: 'ok', found: expect.stringContaining('valid until') });
    expect(await check('', Date.now() + 80 * day)).toMatchObject({ state: 'warning' });
    expect(await check('', Date.now() + 200 * day)).toMatchObject({ state: 'failed' });
    expect(await check('', Date.now() - day)).toMatchObject({
      state: 'failed',
      found: expect.stringContaining('not valid yet'),
    });
  });

  test.each([
    ['of another key', { ...tls, key: makeCloudTls().key }, 'do not belong together'],
    ['of another CA', { ...tls, ca: makeCloudTls().ca }, 'not from the CA'],
    ['damaged', { ...tls, cert: 'x' }, 'damaged'],
    ['incomplete', { ca: tls.ca, cert: tls.cert }, 'cannot be read'],
  ])('%s', async (_, files, found) => {
    const check = await withFiles(files);
    expect(await check()).toMatchObject({ state: 'failed', found: expect.stringContaining(found) });
  });

  test('none yet is fine with a token only', async () => {
    const check = await withFiles({});
    expect(await check()).toMatchObject({ state: 'failed' });
    expect(await check(', token: a.b.c.d')).toMatchObject({ state: 'ok' });
  });
});

describe('the network', () => {
  test('the cloud: both services must speak TLS', async () => {
    const { cert, key } = makeCloudTls();
    const server = createTlsServer({ cert, key }, (socket) => socket.on('error', () => {}).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const hub = (hubPort: number) =>
      configOf(
        `edgeHub: {httpServer: "https://127.0.0.1:${port}", websocket: {server: "127.0.0.1:${hubPort}"}}`,
      );
    try {
      expect(await cloudCheck.run(context({ config: hub(port) }))).toMatchObject({ state: 'ok' });
      const dead = await freePort();
      expect(await cloudCheck.run(context({ config: hub(dead) }))).toMatchObject({
        state: 'failed',
        found: expect.stringMatching(new RegExp(`^hub 127\\.0\\.0\\.1:${dead}: .*ECONNREFUSED`)),
      });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('the broker: there when external, its port free when internal', async () => {
    const broker = createTcpServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
    const { port } = broker.address() as AddressInfo;
    const free = await freePort();
    const bus = (mode: number, at: number) =>
      configOf(
        `eventBus: {mqttMode: ${mode}, mqttServerExternal: "tcp://127.0.0.1:${at}", mqttServerInternal: "tcp://127.0.0.1:${at}"}`,
      );
    const state = async (mode: number, at: number) =>
      (await mqttCheck.run(context({ config: bus(mode, at) }))).state;
    try {
      expect(await state(2, port)).toBe('ok');
      expect(await state(2, free)).toBe('warning');
      expect(await state(0, free)).toBe('ok');
      expect(await state(0, port)).toBe('warning');
    } finally {
      await new Promise((resolve) => broker.close(resolve));
    }
  });
});

describe('edgecore doctor', () => {
  test('says what was found and what to do, and tells by its exit code', async () => {
    const dir = await tempDir();
    const { code, stdout } = await edgecore(['doctor', '--data-dir', dir, '--json']);
    const { ok, checks } = JSON.parse(stdout);
    expect(code).toBe(ok ? 0 : 1);
    expect(checks.map(({ name }: { name: string }) => name)).toEqual([
      'configuration',
      'Node.js',
      'clock',
      'other agents',
      'data directory',
      'disk space',
      'Docker',
      'certificates',
      'cloud',
      'MQTT',
    ]);
  });

  test('a file with missing certificates and an unreachable cloud fails', async () => {
    const dir = await tempDir();
    const dead = await freePort();
    await mkdir(join(dir, 'data'));
    const file = join(dir, 'edgecore.yaml');
    await writeFile(
      file,
      `${V2}database: {dataSource: ${dir}/data/e.db}\nmodules: {edgeHub: {tlsCaFile: ${dir}/a, tlsCertFile: ${dir}/b, tlsPrivateKeyFile: ${dir}/c, httpServer: "https://127.0.0.1:${dead}", websocket: {server: "127.0.0.1:${dead}"}}}\n`,
    );
    const { code, stdout } = await edgecore(['doctor', '--config', file]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/FAIL {2}certificates +there are neither certificates nor a token/);
    expect(stdout).toMatch(/What to do:\n[\s\S]*certificates: run edgecore join with a token/);
  });

  test('a file that cannot be used is said first', async () => {
    const file = join(await tempDir(), 'edgecore.yaml');
    await writeFile(file, `${V2}modules: {eventBus: {mqttMode: 9}}\n`);
    expect(await edgecore(['doctor', '--config', file])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Mode: Invalid value: 9'),
    });
  });
});
