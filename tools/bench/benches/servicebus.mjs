import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createBus, createMessage } from '@edgecore/beehive';
import { ServiceBus } from '@edgecore/servicebus';
import { openStore } from '@edgecore/store';
import { compareRates } from '../lib/numbers.mjs';

const COUNT = 4000;
const IN_FLIGHT = 64;
const KIB = 'x'.repeat(1024);

export const about = 'calls of the cloud to a service of the node';

/** The service has a thread of its own, so that neither side pays for its work. */
const SERVICE = `
const { createServer } = require('node:http');
const { parentPort } = require('node:worker_threads');
const body = 'x'.repeat(1024);
const server = createServer((incoming, response) => incoming.resume().on('end', () => response.end(body)));
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`;

export async function* run({ rounds }) {
  const service = new Worker(SERVICE, { eval: true });
  const [port] = await once(service, 'message');
  const dir = await mkdtemp(join(tmpdir(), 'bench-servicebus-'));
  const store = await openStore({ path: join(dir, 'edgecore.db') });
  const bus = createBus().add(new ServiceBus({ store, maxConcurrent: IN_FLIGHT }));
  const hub = bus.join('websocket', 'hub');
  const waiting = new Map();
  const answers = (async () => {
    for await (const message of hub.receive()) waiting.get(message.parentId)?.(message);
  })();
  bus.start();

  /** As the hub does: a message in, its answer out. */
  const throughBus = (method, body) =>
    new Promise((resolve, reject) => {
      const content = { header: {}, body: Buffer.from(body).toString('base64'), method, url: '' };
      const route = { source: 'router_servicebus', group: 'user', operation: method, resource: `${port}:/x` };
      const message = createMessage({ ...route, content });
      waiting.set(message.id, (answer) => {
        waiting.delete(message.id);
        if (answer.content.status_code === 200) resolve();
        else reject(new Error(Buffer.from(answer.content.body, 'base64').toString()));
      });
      hub.send('servicebus', message).catch(reject);
    });
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  const direct = (method, body) => callDirectly({ port, method, body, agent });
  // What the module does for a method that must not be repeated: a connection of its own.
  const directAlone = (method, body) => callDirectly({ port, method, body, agent: false });

  const compare = (method, body, baseline) =>
    compareRates({
      rounds,
      count: COUNT,
      subject: (count) => many(count, () => throughBus(method, body)),
      baseline: (count) => many(count, () => baseline(method, body)),
    });
  const get = await compare('GET', '', direct);
  const post = await compare('POST', KIB, directAlone);

  agent.destroy();
  await bus.stop();
  hub.close();
  await answers;
  await store.close();
  await service.terminate();
  await rm(dir, { recursive: true });
  yield {
    title: `servicebus, ${IN_FLIGHT} in flight, 1 kB answers (${rounds} rounds)`,
    rows: [
      row('GET', get, 'loopback, kept connections'),
      row('POST of 1 kB', post, 'loopback, a connection each'),
    ],
  };
}

function row(what, { subject, baseline }, of) {
  return { what, unit: '/s', value: subject, baseline, of };
}

async function many(count, one) {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

function callDirectly({ port, method, body, agent }) {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: '/x', method, agent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks)));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body === '' ? undefined : body);
  });
}
