import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { endpointsAt, exchange, httpBackend, tcpBackend } from './support/backends.js';
import { service } from './support/objects.js';
import { Rig } from './support/rig.js';

const TCP = { name: 'tcp', protocol: 'TCP', port: 7000, targetPort: 7 };
const HTTP = { name: 'http', protocol: 'TCP', port: 8000, targetPort: 8 };

async function get(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve(`${answer.statusCode} ${text}`));
      answer.on('error', reject);
    });
    call.on('error', reject);
    call.end();
  });
}

/** Calls without pause until told to stop; what was not as it must be. */
function load(workers: number, call: () => Promise<string>, good: string) {
  let running = true;
  const bad: string[] = [];
  let count = 0;
  const work = async () => {
    while (running) {
      const result = await call().catch((error: unknown) => String(error));
      count += 1;
      if (result !== good) bad.push(result);
    }
  };
  const done = Promise.all(Array.from({ length: workers }, work));
  return async () => {
    running = false;
    await done;
    return { count, bad };
  };
}

/** `EDGEMESH_CHAOS_KILLS=30` by hand: one each second. */
const KILLS = Number(process.env['EDGEMESH_CHAOS_KILLS'] ?? 4);
const KILL_EVERY_MS = process.env['EDGEMESH_CHAOS_KILLS'] === undefined ? 300 : 1000;

/** An endpoint in a process of its own. */
async function endpointProcess(port = 0): Promise<{ child: ChildProcess; port: number }> {
  const script = fileURLToPath(new URL('./support/http-child.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return { child, port: Number(line.toString()) };
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('endpoints die and come back under load: no connection fails while another lives', async () => {
  const make = (port?: number) => tcpBackend((socket) => socket.end('ok'), port);
  const backends = [await make(), await make(), await make()];
  const rig = await Rig.start();
  await rig.down(
    'insert',
    'default/endpoints/echo',
    endpointsAt(
      'echo',
      backends.map(({ port }) => port),
    ),
  );
  await rig.down('insert', 'default/service/echo', service('echo', { selector: {}, ports: [TCP] }));
  const port = rig.portOf('9.251.0.1', 7000);
  const end = load(4, () => exchange(port), 'ok');
  for (let round = 0; round < 6; round++) {
    const victim = backends[round % 3]!;
    victim.close();
    await pause(150);
    backends[round % 3] = await make(victim.port);
  }
  const { count, bad } = await end();
  expect(count).toBeGreaterThan(100);
  expect(bad).toEqual([]);
});

test('a rolling update of five endpoints under load: no request fails', async () => {
  const make = () => httpBackend((_, response) => response.end('ok'));
  let backends = await Promise.all(Array.from({ length: 5 }, make));
  const tell = (rig: Rig) =>
    rig.down(
      'update',
      'default/endpoints/web',
      endpointsAt(
        'web',
        backends.map(({ port }) => port),
      ),
    );
  const rig = await Rig.start();
  await tell(rig);
  await rig.down('insert', 'default/service/web', service('web', { selector: {}, ports: [HTTP] }));
  const port = rig.portOf('9.251.0.1', 8000);
  const end = load(4, () => get(port), '200 ok');
  for (let index = 0; index < 5; index++) {
    const [old, ...rest] = backends;
    backends = [...rest, await make()];
    // As with real pods: the process is gone before the cloud has told the node so.
    old!.close();
    old!.server.closeAllConnections();
    await pause(80);
    await tell(rig);
  }
  const { count, bad } = await end();
  // How many fit in is up to the machine; each update met some.
  expect(count).toBeGreaterThan(10);
  expect(bad).toEqual([]);
});

test(
  'processes behind an HTTP port are killed in the middle of requests: each is answered by another',
  async () => {
    const backends = await Promise.all([endpointProcess(), endpointProcess(), endpointProcess()]);
    try {
      const rig = await Rig.start();
      const ports = backends.map(({ port }) => port);
      await rig.down('insert', 'default/endpoints/web', endpointsAt('web', ports));
      await rig.down('insert', 'default/service/web', service('web', { selector: {}, ports: [HTTP] }));
      const port = rig.portOf('9.251.0.1', 8000);
      const end = load(4, () => get(port), '200 ok');
      for (let round = 0; round < KILLS; round++) {
        await pause(KILL_EVERY_MS);
        const victim = backends[round % 3]!;
        await kill(victim.child);
        backends[round % 3] = await endpointProcess(victim.port);
      }
      const { count, bad } = await end();
      if (KILLS > 10) process.stdout.write(`${KILLS} kills, ${count} requests, ${bad.length} failed\n`);
      expect(count).toBeGreaterThan(10);
      expect(bad).toEqual([]);
    } finally {
      await Promise.all(backends.map(({ child }) => kill(child)));
    }
  },
  30_000 + KILLS * 2000,
);
