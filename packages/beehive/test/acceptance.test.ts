import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  createBus,
  createMessage,
  decodeMessage,
  encodeMessage,
  type RestartPolicy,
  responseTo,
} from '../src/index.js';
import { module, numbered, take } from './support.js';

/** beehive.md §9, the examples with the numbers of the specification. */
describe('the message of the examples', () => {
  const first = createMessage({
    parentId: 'p1',
    source: 'edged',
    group: 'meta',
    resource: 'default/pod/a',
    operation: 'update',
    content: { a: 1 },
  });
  const keys = (text: string) => {
    const { header, route, ...rest } = JSON.parse(text) as Record<string, object>;
    return [Object.keys(header!), Object.keys(route!), Object.keys(rest)];
  };
  const ALL = [
    ['msg_id', 'parent_msg_id', 'timestamp', 'resourceversion', 'sync'],
    ['source', 'group', 'operation', 'resource'],
    ['content'],
  ];

  test('1: every key is written; the form of Go, with fewer, is the same message', () => {
    const text = encodeMessage(first);
    expect(keys(text)).toEqual(ALL);
    expect(JSON.parse(text)).toMatchObject({
      header: { msg_id: first.id, parent_msg_id: 'p1', resourceversion: '', sync: false },
      content: { a: 1 },
    });
    const ofGo = JSON.parse(text);
    delete ofGo.header.resourceversion;
    delete ofGo.header.sync;
    expect(decodeMessage(JSON.stringify(ofGo))).toEqual(first);
  });

  test('2: Go’s raw message has only empty fields and is written with all keys', () => {
    const raw = decodeMessage('{"header":{"msg_id":"","timestamp":0},"route":{},"content":null}');
    expect(new Set(Object.values(raw))).toEqual(new Set(['', 0, false, null]));
    expect(keys(encodeMessage(raw))).toEqual(ALL);
  });

  test('3: its response', () => {
    expect(JSON.parse(encodeMessage(responseTo(first, 'OK')))).toMatchObject({
      header: { msg_id: expect.stringMatching(/^[0-9a-f-]{36}$/), parent_msg_id: first.id },
      route: { source: 'edged', group: 'meta', operation: 'response', resource: 'default/pod/a' },
      content: 'OK',
    });
  });

  test('12: keys of other programs are read over and not written', () => {
    const wire = JSON.parse(encodeMessage(first));
    const more = { ...wire, header: { ...wire.header, type: 'x', foo: 1 } };
    expect(encodeMessage(decodeMessage(JSON.stringify(more)))).toBe(encodeMessage(first));
  });
});

test('5: an answer given before the caller looks is kept for it, 1000 times out of 1000', async () => {
  const bus = createBus();
  const caller = bus.join('caller');
  bus.add(
    module('echo', async (ctx) => {
      for await (const message of ctx.receive()) expect(ctx.respond(message, message.content)).toBe(true);
    }),
  );
  bus.start();
  const asked = Array.from({ length: 1000 }, (_, n) => caller.request('echo', numbered(n)));
  // All answers are there before anybody waits for one.
  while (bus.waiting > 0) await new Promise(setImmediate);
  expect((await Promise.all(asked)).map(({ content }) => content)).toEqual(asked.map((_, n) => n));
  await bus.stop();
});

describe('with a clock of the test', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['performance', 'setImmediate', 'nextTick'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('6: 50 ms are 50 ms; an answer after 80 ms is late and harms nobody', async () => {
    const counts: string[] = [];
    const bus = createBus({ metrics: { count: (name) => void counts.push(name), gauge() {}, observe() {} } });
    const caller = bus.join('caller');
    const slow = bus.join('slow');
    let failure: unknown;
    caller.request('slow', numbered(1), { timeoutMs: 50 }).catch((error: unknown) => {
      failure = error;
    });
    const [request] = await take(slow, 1);
    await jest.advanceTimersByTimeAsync(49);
    expect(failure).toBeUndefined();
    await jest.advanceTimersByTimeAsync(1);
    expect(failure).toMatchObject({ code: 'ERR_REQUEST_TIMEOUT', phase: 'reply', timeoutMs: 50 });
    await jest.advanceTimersByTimeAsync(30);
    expect(slow.respond(request!, 'late')).toBe(false);
    expect(counts.filter((name) => name === 'edgecore_responses_unclaimed_total')).toHaveLength(1);

    const next = caller.request('slow', numbered(2), { timeoutMs: 50 });
    const [second] = await take(slow, 1);
    slow.respond(second!, 'in time');
    expect((await next).content).toBe('in time');
  });

  /** The seconds a module is started at in the first two minutes, and what its bus says in the end. */
  async function starts(policy: RestartPolicy, run: () => Promise<void>) {
    const begun = Date.now();
    const at: number[] = [];
    const failures: unknown[] = [];
    const bus = createBus().add(
      module('m', () => {
        at.push((Date.now() - begun) / 1000);
        return run();
      }),
      { jitter: 0, ...policy },
    );
    bus.failed.catch((error: unknown) => failures.push(error));
    bus.start();
    await jest.advanceTimersByTimeAsync(120_000);
    const [report] = bus.report();
    await bus.stop();
    return { at, failures, state: report!.state };
  }
  const crash = async () => {
    throw new Error('again');
  };
  const end = async () => {};

  test('10: onFailure, growth 2, limit 30 s', async () => {
    const { at, failures, state } = await starts({ when: 'onFailure', growth: 2 }, crash);
    expect({ at, failures, state }).toEqual({
      at: [0, 1, 3, 7, 15, 31, 61, 91],
      failures: [],
      state: 'restarting',
    });
  });

  test('10: a clean end is not followed by a start', async () => {
    expect(await starts({ when: 'onFailure' }, end)).toEqual({ at: [0], failures: [], state: 'stopped' });
  });

  test.each([
    ['ends', end, 'it ended by itself, and its 2 restarts are used up'],
    ['crashes', crash, 'again'],
  ])('10: always, 2 retries, and it %s: 3 starts, then the owner is told, once', async (_, run, text) => {
    const { at, failures, state } = await starts({ when: 'always', retries: 2 }, run);
    expect(at).toEqual([0, 1, 3]);
    expect(failures).toEqual([expect.objectContaining({ code: 'ERR_MODULE', module: 'm' })]);
    expect((failures[0] as Error).cause).toMatchObject({ message: text });
    expect(state).toBe('failed');
  });
});
