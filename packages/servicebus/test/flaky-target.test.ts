import type { Message } from '@edgecore/beehive';
import { ServiceGateway } from '@edgecore/servicebus';
import { expect, test } from '@jest/globals';
import { callWith, read } from './support/requests.js';
import { startService } from './support/service.js';

const COUNT = 10_000;
const CONCURRENCY = 64;

/** The same sequence in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test(`${COUNT} mixed requests, ${CONCURRENCY} at once, a target that fails in every way: one answer each`, async () => {
  const random = seeded(6);
  const service = await startService((request, response) => {
    const dice = random();
    if (dice < 0.02) request.socket.destroy();
    else if (dice < 0.04) {
      response.writeHead(200, { 'Content-Length': 100 }).write('half');
      setImmediate(() => request.socket.destroy());
    } else if (dice < 0.06) response.writeHead(503).end('busy');
    else if (dice < 0.062) setTimeout(() => response.end('late'), 3000).unref();
    else if (dice < 0.08) response.end(Buffer.alloc(20_001));
    else response.writeHead(200, { 'X-Url': request.url! }).end(`${request.method} ${request.url}`);
  });
  const gateway = new ServiceGateway({
    maxConcurrent: CONCURRENCY,
    callTimeoutMs: 1500,
    retryDelayMs: 1,
    maxResponseBytes: 20_000,
  });
  const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];
  const bodies = ['', 'x', 'y'.repeat(1000)];
  const answers = new Map<string, Message[]>();
  const wrong: unknown[] = [];
  const counts: Record<number, number> = {};
  let next = 0;
  const worker = async () => {
    while (next < COUNT) {
      const n = next++;
      const method = methods[n % methods.length]!;
      const bad = n % 97 === 0;
      const request = callWith(method, bad ? `x:/${n}` : `${service.port}:/${n}`, bodies[n % bodies.length]);
      const answer = await gateway.answer(request);
      answers.set(answer.parentId, [...(answers.get(answer.parentId) ?? []), answer]);
      const { status, text } = read(answer);
      counts[status] = (counts[status] ?? 0) + 1;
      // Nobody gets somebody else's answer.
      if (answer.parentId !== request.id || (status === 200 && text !== `${method} /${n}`))
        wrong.push(answer);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  expect(wrong).toEqual([]);
  expect(answers.size).toBe(COUNT);
  expect([...answers.values()].every((list) => list.length === 1)).toBe(true);
  // Every way to end was met.
  expect(Object.keys(counts).map(Number).sort()).toEqual([200, 400, 404, 500, 503, 504]);
  expect(counts[200]).toBeGreaterThan(COUNT * 0.8);
  expect(service.sockets.most).toBeLessThanOrEqual(2 * CONCURRENCY);
  // POST and PATCH were never repeated: each URL of theirs was seen once.
  const once = service.seen
    .filter(({ method }) => method === 'POST' || method === 'PATCH')
    .map(({ url }) => url);
  expect(new Set(once).size).toBe(once.length);
  await gateway.close();
});
