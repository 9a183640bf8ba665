import { ServiceBus, ServiceGateway, type ServiceOptions } from '@edgecore/servicebus';
import { openStore } from '@edgecore/store';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { resolveServiceOptions } from '../src/calls/call-options.js';
import { resolveUploadOptions } from '../src/uploads/upload-options.js';
import { call, callWith, read } from './support/requests.js';
import { type Service, startService } from './support/service.js';

let gateway: ServiceGateway;
afterEach(() => gateway?.close());

/** A service that answers when told to. */
async function held(): Promise<{ service: Service; answerAll: () => void }> {
  const waiting: (() => void)[] = [];
  const service = await startService((_, response) => waiting.push(() => response.end('ok')));
  const answerAll = () => {
    for (const answer of waiting.splice(0)) answer();
  };
  return { service, answerAll };
}

const statuses = async (answers: Promise<Parameters<typeof read>[0]>[]) =>
  (await Promise.all(answers)).map((answer) => read(answer).status);

describe('many at once', () => {
  test('the queue is full: 429 at once, the others in the order they came', async () => {
    const { service, answerAll } = await held();
    gateway = new ServiceGateway({ maxConcurrent: 1, maxQueued: 2 });
    const answers = [1, 2, 3].map((n) => gateway.answer(call(`${service.port}:/${n}`)));
    const { status, text } = read(await gateway.answer(call(`${service.port}:/4`)));
    expect([status, text]).toEqual([
      429,
      'too many requests: 1 calls are running and 2 are waiting on this node; try again later',
    ]);
    for (const n of [1, 2, 3]) {
      await eventually(() => service.seen.length === n, { intervalMs: 2 });
      answerAll();
    }
    expect(await statuses(answers)).toEqual([200, 200, 200]);
    expect(service.seen.map(({ url }) => url)).toEqual(['/1', '/2', '/3']);
  });

  test('no turn in time: 503 saying why', async () => {
    const { service, answerAll } = await held();
    gateway = new ServiceGateway({ maxConcurrent: 1, queueTimeoutMs: 40 });
    const first = gateway.answer(call(`${service.port}:/1`));
    const { status, text } = read(await gateway.answer(call(`${service.port}:/2`)));
    expect([status, text]).toEqual([
      503,
      'this node is busy: 1 calls are running and none ended within 40 ms; try again later',
    ]);
    answerAll();
    expect(read(await first).status).toBe(200);
    expect(service.seen).toHaveLength(1);
  });

  test('bodies that wait are bounded together; a large one may wait alone', async () => {
    const { service, answerAll } = await held();
    gateway = new ServiceGateway({ maxConcurrent: 1, maxQueuedBytes: 100 });
    const body = 'x'.repeat(150);
    const running = gateway.answer(callWith('PUT', `${service.port}:/1`, body));
    const alone = gateway.answer(callWith('PUT', `${service.port}:/2`, body));
    expect(read(await gateway.answer(callWith('PUT', `${service.port}:/3`, 'x'))).status).toBe(429);
    for (const n of [1, 2]) {
      await eventually(() => service.seen.length === n, { intervalMs: 2 });
      answerAll();
    }
    expect(await statuses([running, alone])).toEqual([200, 200]);
  });

  test('a place is free again after every kind of end', async () => {
    const service = await startService((request, response) => {
      if (request.url === '/reset') request.socket.destroy();
      else if (request.url === '/large') response.end(Buffer.alloc(2000));
      else if (request.url !== '/silent') response.end('ok');
    });
    gateway = new ServiceGateway({ maxConcurrent: 1, maxResponseBytes: 1000, callTimeoutMs: 60, retries: 0 });
    for (const path of ['/reset', '/large', '/silent', '/reset', '/silent', '/large']) {
      expect([404, 500, 504]).toContain(read(await gateway.answer(call(`${service.port}:${path}`))).status);
    }
    expect(read(await gateway.answer(call(`${service.port}:/x`))).status).toBe(200);
  });
});

describe('options', () => {
  test('the defaults are upstream’s where it has them (servicebus.md §1, §2.2)', () => {
    expect(resolveServiceOptions({})).toMatchObject({
      callTimeoutMs: 10_000,
      maxResponseBytes: 5_000_000,
      maxRequestBytes: 12 * 1024 * 1024,
      maxConcurrent: 64,
    });
    expect(resolveUploadOptions({ server: '' })).toMatchObject({
      server: '127.0.0.1',
      port: 9060,
      timeoutMs: 60_000,
      maxBodyBytes: 5_000_000,
      checkOrigin: true,
      plainBody: false,
    });
  });

  test.each<[ServiceOptions, string]>([
    [{ maxConcurrent: 0 }, 'maxConcurrent: 0 is not above 0'],
    [{ maxQueued: -1 }, 'maxQueued: -1 is below 0'],
    [{ callTimeoutMs: Number.NaN }, 'callTimeoutMs: NaN is not above 0'],
    [{ allowPorts: [0] }, 'allowPorts: 0 is not a port from 1 to 65535'],
    [{ denyPorts: [65_536] }, 'denyPorts: 65536 is not a port from 1 to 65535'],
  ])('%j', async (options, message) => {
    const store = await openStore({ path: `${await tempDir()}/edgecore.db` });
    expect(() => new ServiceGateway(options)).toThrow(message);
    expect(() => new ServiceBus({ store, ...options })).toThrow(message);
    expect(() => new ServiceBus({ store, port: -1 })).toThrow('port: -1 is not a port');
    await store.close();
  });
});
