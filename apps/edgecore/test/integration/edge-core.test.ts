import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { errorText } from '@edgecore/api';
import { openStore } from '@edgecore/store';
import { eventually, freePort, tempDir } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { recall, remember } from '../../src/assembly/node-state.js';
import { createEdgeCore, type EdgeCore, type EdgeCoreOptions, socketPath, VERSION } from '../../src/index.js';
import { ask, configOf, configText, OFFLINE, processRuntime, recordingLogger } from '../support.js';

/** What an agent leaves behind when it is killed. */
async function leaveDeadSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.alive`, resolve));
  // Closing removes the name it was made with, and finds it gone.
  await rename(`${path}.alive`, path);
  await new Promise((resolve) => server.close(resolve));
}

describe('an edge node without a cloud', () => {
  const running: EdgeCore[] = [];
  afterEach(async () => {
    for (const core of running.splice(0)) await core.stop();
  });
  const start = async (text: string, options: EdgeCoreOptions = {}) => {
    const core = createEdgeCore(configOf(text), options);
    running.push(core);
    await core.start();
    return core;
  };

  test('health, figures and status over a socket only its owner can open', async () => {
    const dir = await tempDir();
    const log = recordingLogger();
    const port = await freePort();
    const own = `edgecoreTs: {status: {port: ${port}}}`;
    const core = await start(configText(dir, OFFLINE, own), { log, runtime: processRuntime(dir) });
    expect(core.socket).toBe(join(dir, 'edgecore.sock'));
    expect((await stat(core.socket)).mode & 0o777).toBe(0o600);

    await eventually(async () => (await ask(core.socket, '/readyz')).status === 200);
    expect(await ask(core.socket, '/healthz')).toEqual({ status: 200, text: 'ok\n' });
    expect((await ask(core.socket, '/metrics')).text).toMatch(/edgecore_cloud_connected 0\n/);
    expect((await ask(core.socket, '/nope')).status).toBe(404);
    expect((await ask(core.socket, '/status', 'POST')).status).toBe(405);
    const overTcp = await fetch(`http://127.0.0.1:${port}/status`);
    expect(await overTcp.json()).toMatchObject({
      pid: process.pid,
      node: { name: 'edge-1', runtime: 'process' },
      modules: [{ name: 'metamanager', state: 'ready' }, { name: 'edged' }],
      pods: [],
      store: { outcome: 'created', outbox: 0 },
    });
    expect(log.lines).toContain('warn edgeHub is off: this node never connects to a cloud');

    await core.stop();
    await expect(ask(core.socket, '/status')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('what cannot be listened on is one line with the key to change; only sockets are cleared away', async () => {
    const dir = await tempDir();
    const runtime = processRuntime(dir);
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const busy = createEdgeCore(configOf(configText(dir, OFFLINE, `edgecoreTs: {status: {port: ${port}}}`)), {
      runtime,
    });
    const refusal = await busy.start().catch(errorText);
    expect(refusal).toContain(`cannot listen on 127.0.0.1:${port}: something else is using it`);
    expect(refusal).toContain('(edgecoreTs.status.port)');
    expect(refusal).toMatch(/^(?:(?!EADDRINUSE).)*EADDRINUSE(?:(?!listen EADDRINUSE).)*$/);
    await new Promise((resolve) => taken.close(resolve));

    const file = join(dir, 'precious');
    await writeFile(file, 'mine');
    const own = `edgecoreTs: {status: {socket: ${file}}}`;
    const core = createEdgeCore(configOf(configText(dir, OFFLINE, own)), { runtime });
    await expect(core.start()).rejects.toMatchObject({
      code: 'ERR_AGENT_SERVER',
      message: expect.stringContaining('edgecoreTs.status.socket'),
    });
    expect(await readFile(file, 'utf8')).toBe('mine');
  });

  test('12: one agent per database; a socket left behind by a killed one is no obstacle', async () => {
    const dir = await tempDir();
    const runtime = processRuntime(dir);
    await leaveDeadSocket(join(dir, 'edgecore.sock'));
    const first = await start(configText(dir, OFFLINE), { runtime });
    const second = createEdgeCore(configOf(configText(dir, OFFLINE)), { runtime });
    await expect(second.start()).rejects.toMatchObject({ code: 'ERR_STORE_LOCKED', pid: process.pid });
    // The refused one must not take the first one's interface away.
    expect((await ask(first.socket, '/healthz')).status).toBe(200);
    await first.stop();
    await start(configText(dir, OFFLINE), { runtime });
  });

  test('the version is kept in the database; another one is mentioned (config.md §6)', async () => {
    const dir = await tempDir();
    const log = recordingLogger();
    const runtime = processRuntime(dir);
    const mentioned = () => log.lines.filter((line) => line.includes('another version'));
    for (const _ of [1, 2]) await (await start(configText(dir, OFFLINE), { log, runtime })).stop();
    expect(mentioned()).toEqual([]);

    const store = await openStore({ path: join(dir, 'edgecore.db') });
    expect(await recall(store, 'version')).toBe(VERSION);
    await remember(store, 'version', '0.0.1');
    await store.close();
    for (const _ of [1, 2]) await (await start(configText(dir, OFFLINE), { log, runtime })).stop();
    expect(mentioned()).toEqual(['info this node ran another version of EdgeCore before']);
  });

  test('a port that is taken ends the start with its number, and nothing stays open', async () => {
    const dir = await tempDir();
    const runtime = processRuntime(dir);
    const port = await freePort();
    const own = `edgecoreTs: {status: {port: ${port}}}`;
    await start(configText(dir, OFFLINE, own), { runtime });
    const other = await tempDir();
    const blocked = createEdgeCore(configOf(configText(other, OFFLINE, own)), { runtime });
    await expect(blocked.start()).rejects.toThrow(`127.0.0.1:${port}`);
    await start(configText(other, OFFLINE), { runtime });
  });

  test('modules this version does not have are mentioned once', async () => {
    const dir = await tempDir();
    const log = recordingLogger();
    const text = configText(dir, `${OFFLINE}\n  metaManager: {metaServer: {enable: true}}`);
    await start(text, { log, runtime: processRuntime(dir) });
    expect(log.lines.filter((line) => line.includes('not part of this version'))).toHaveLength(1);
  });

  test('pods put in by hand run, are listed and end (dbtest.md)', async () => {
    const dir = await tempDir();
    const port = await freePort();
    const text = configText(
      dir,
      `${OFFLINE}\n  dbTest: {enable: true}`,
      `edgecoreTs: {dbTest: {port: ${port}}}`,
    );
    const core = await start(text, { runtime: processRuntime(dir) });
    const pods = `http://127.0.0.1:${port}/pods`;
    const pod = {
      metadata: { name: 'p', namespace: 'default', uid: 'u-1' },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'c', image: 'x', command: ['/bin/sh', '-c', 'exec sleep 1000'] }],
      },
    };
    const send = (method: string) => fetch(pods, { method, body: JSON.stringify(pod) });
    await eventually(async () => (await send('PUT')).status === 200);
    await eventually(async () => {
      const { items } = (await (await fetch(pods)).json()) as {
        items: { status?: { phase?: string } }[] | null;
      };
      return items?.[0]?.status?.phase === 'Running';
    });
    expect((await core.status()).pods).toMatchObject([
      { name: 'p', phase: 'Running', ready: 1, containers: 1, restarts: 0 },
    ]);
    expect((await send('DELETE')).status).toBe(200);
    await eventually(async () => (await core.status()).pods.length === 0);
  });
});

test('the socket may stand elsewhere', () => {
  const config = configOf(configText('/d', '', 'edgecoreTs: {status: {socket: /run/edgecore.sock}}'));
  expect(socketPath(config)).toBe('/run/edgecore.sock');
  expect(socketPath(configOf(configText('/d')))).toBe('/d/edgecore.sock');
});
