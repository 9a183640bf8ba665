import { once } from 'node:events';
import { errorText, type Logger, silentLogger } from '@edgecore/api';
import { describe, expect, jest, test } from '@jest/globals';
import type { Message } from '../src/index.js';
import { createBus, createMessage, errorTo, NoSuchModuleError, responseTo } from '../src/index.js';
import { idle, module, numbered, take } from './support.js';

describe('requests', () => {
  test('an answer sent inside the handler reaches the caller, every time', async () => {
    const bus = createBus();
    const caller = bus.join('caller');
    bus.add(
      module('echo', async (ctx) => {
        for await (const message of ctx.receive()) ctx.respond(message, message.content);
      }),
    );
    bus.start();
    for (let n = 0; n < 1000; n += 1) {
      const answer = await caller.request('echo', createMessage({ operation: 'query', content: n }));
      expect(answer.content).toBe(n);
    }
    expect(bus.waiting).toBe(0);
    await bus.stop();
  });

  test('times out, counts the late answer, and the next request works', async () => {
    const counts: string[] = [];
    const bus = createBus({ metrics: { count: (name) => void counts.push(name), gauge() {}, observe() {} } });
    const caller = bus.join('caller');
    const slow = bus.join('slow');
    const first = caller.request('slow', numbered(1), { timeoutMs: 30 });
    await expect(first).rejects.toMatchObject({
      code: 'ERR_REQUEST_TIMEOUT',
      phase: 'reply',
      target: 'slow',
    });
    const [request] = await take(slow, 1);
    expect(request!.sync).toBe(true);
    expect(slow.respond(request!, 'late')).toBe(false);
    expect(counts).toContain('edgecore_responses_unclaimed_total');

    const second = caller.request('slow', numbered(2));
    const [again] = await take(slow, 1);
    expect(slow.respond(again!, 'in time')).toBe(true);
    expect((await second).content).toBe('in time');
    expect(slow.respond(again!, 'twice')).toBe(false);
  });

  test('the deadline covers waiting for room', async () => {
    const bus = createBus();
    const caller = bus.join('caller');
    const full = bus.join('full', 'full', { capacity: 1 });
    await caller.send('full', numbered(1));
    await expect(caller.request('full', numbered(2), { timeoutMs: 20 })).rejects.toMatchObject({
      phase: 'send',
    });
    expect((await take(full, 1)).map((message) => message.id)).toEqual(['m1']);
    await caller.send('full', numbered(3), { timeoutMs: 0 });
    expect((await take(full, 1)).map((message) => message.id)).toEqual(['m3']);
  });

  test('an error message rejects with its text', async () => {
    const bus = createBus();
    const caller = bus.join('caller');
    const callee = bus.join('callee');
    const asked = caller.request('callee', numbered(1));
    const [request] = await take(callee, 1);
    callee.deliver(errorTo(request!, 'no such thing'));
    await expect(asked).rejects.toMatchObject({ code: 'ERR_ERROR_RESPONSE', message: 'no such thing' });
  });

  test('any module may answer, matched by parent id alone', async () => {
    const bus = createBus();
    const caller = bus.join('caller');
    bus.join('metamanager');
    const hub = bus.join('websocket');
    const request = numbered(7);
    const asked = caller.request('metamanager', request);
    expect(hub.deliver(responseTo(request, 'from elsewhere'))).toBe(true);
    expect((await asked).content).toBe('from elsewhere');
  });

  test('an abort ends the wait at once and leaves no waiter', async () => {
    const bus = createBus();
    const caller = bus.join('caller');
    bus.join('silent');
    const abort = new AbortController();
    const asked = caller.request('silent', numbered(1), { signal: abort.signal });
    abort.abort(new Error('changed my mind'));
    await expect(asked).rejects.toThrow('changed my mind');
    expect(bus.waiting).toBe(0);
  });
});

describe('sending', () => {
  test('a full inbox makes the sender wait; order is kept', async () => {
    const bus = createBus();
    const sender = bus.join('sender');
    const receiver = bus.join('receiver', 'receiver', { capacity: 2 });
    await sender.send('receiver', numbered(1));
    await sender.send('receiver', numbered(2));
    let third = false;
    const sent = sender.send('receiver', numbered(3)).then(() => {
      third = true;
    });
    await new Promise(setImmediate);
    expect(third).toBe(false);
    expect((await take(receiver, 1))[0]!.id).toBe('m1');
    await sent;
    expect((await take(receiver, 2)).map((message) => message.id)).toEqual(['m2', 'm3']);
  });

  test('who waits for room at a module that ends is told, and what it sent is named as unhandled', async () => {
    const bus = createBus();
    bus.add({
      ...module('stuck', (ctx) => once(ctx.signal, 'abort').then(() => {})),
      inbox: { capacity: 1 },
    });
    const me = bus.join('me');
    bus.start();
    await me.send('stuck', createMessage({ id: 'in' }));
    const sending = me.send('stuck', createMessage({ id: 'waiting' }));
    const asking = me.request('stuck', createMessage({ id: 'asking' }));
    const refused = Promise.all(
      [sending, asking].map((wait) => expect(wait).rejects.toMatchObject({ code: 'ERR_NO_SUCH_MODULE' })),
    );
    const { unhandled } = await bus.stop();
    await refused;
    expect(unhandled['stuck']!.map(({ id }) => id)).toEqual(['in', 'waiting', 'asking']);
    expect(bus.waiting).toBe(0);
  });

  test('an unknown target is a typed error, counted', async () => {
    const counts: string[] = [];
    const bus = createBus({ metrics: { count: (name) => void counts.push(name), gauge() {}, observe() {} } });
    const sender = bus.join('sender');
    await expect(sender.send('edgefunction', numbered(1))).rejects.toMatchObject({
      code: 'ERR_NO_SUCH_MODULE',
    });
    await expect(sender.sendToGroup('nobody', numbered(1))).rejects.toMatchObject({
      code: 'ERR_NO_SUCH_MODULE',
    });
    await expect(sender.request('edgefunction', numbered(1))).rejects.toMatchObject({
      code: 'ERR_NO_SUCH_MODULE',
    });
    expect(counts).toEqual(Array(3).fill('edgecore_messages_unroutable_total'));
    expect(bus.waiting).toBe(0);
  });

  test('each member of a group gets everything in order; a paused one holds back only itself', async () => {
    const bus = createBus();
    const sender = bus.join('sender');
    const paused = bus.join('a', 'meta', { capacity: 5 });
    const reading = bus.join('b', 'meta', { capacity: 5 });
    const all = Promise.all(Array.from({ length: 100 }, (_, n) => sender.sendToGroup('meta', numbered(n))));
    const expected = Array.from({ length: 100 }, (_, n) => `m${n}`);
    expect((await take(reading, 100)).map((message) => message.id)).toEqual(expected);
    expect((await take(paused, 100)).map((message) => message.id)).toEqual(expected);
    await all;
  });

  test.each([
    ['dropOldest', ['m2', 'm3']],
    ['dropNewest', ['m1', 'm2']],
  ] as const)('lossy inbox %s', async (overflow, kept) => {
    const dropped: string[] = [];
    const bus = createBus({ trace: (event) => event.step === 'dropped' && dropped.push(event.message.id) });
    const sender = bus.join('sender');
    const receiver = bus.join('receiver', 'receiver', { capacity: 2, overflow });
    for (const n of [1, 2, 3]) await sender.send('receiver', numbered(n));
    expect((await take(receiver, 2)).map((message) => message.id)).toEqual(kept);
    expect(dropped).toHaveLength(1);
  });
});

describe('modules', () => {
  test('start after those they name, stop in reverse, whatever the registration order', async () => {
    const seen: string[] = [];
    const tracked = (name: string, after: string[] = []) =>
      module(
        name,
        async (ctx) => {
          seen.push(`start ${name}`);
          for await (const _ of ctx.receive());
          seen.push(`stop ${name}`);
        },
        { after },
      );
    const bus = createBus()
      .add(tracked('hub', ['meta', 'edged']))
      .add(tracked('edged', ['meta']))
      .add(tracked('meta'));
    bus.start();
    await new Promise(setImmediate);
    await bus.stop();
    expect(seen).toEqual(['start meta', 'start edged', 'start hub', 'stop hub', 'stop edged', 'stop meta']);
  });

  test('a message sent while modules start is not lost', async () => {
    const got: Message[] = [];
    const bus = createBus()
      .add(module('early', async (ctx) => void (await ctx.send('late', numbered(1)))))
      .add(
        module('late', async (ctx) => {
          for await (const message of ctx.receive()) got.push(message);
        }),
      );
    bus.start();
    await bus.stop();
    expect(got).toHaveLength(1);
  });

  test('names must be unique and the order free of circles', () => {
    expect(() => createBus().add(idle('a')).add(idle('a')).start()).toThrow('registered twice');
    expect(() =>
      createBus()
        .add(idle('a', { after: ['b'] }))
        .add(idle('b', { after: ['a'] }))
        .start(),
    ).toThrow('circular');
  });

  test('a stop closes the doors of all modules before the first one ends, also when one fails to', async () => {
    const steps: string[] = [];
    const bus = createBus();
    const named = (name: string, quiesce: () => void) => ({
      ...module(name, async (ctx) => {
        for await (const _ of ctx.receive());
        steps.push(`${name} ended`);
      }),
      quiesce,
    });
    bus.add(named('hub', () => steps.push('hub closed')));
    bus.add(
      named('broken', () => {
        throw new Error('no');
      }),
    );
    bus.add(named('web', () => steps.push('web closed')));
    bus.start();
    expect((await bus.stop()).clean).toBe(true);
    expect(steps).toEqual(['hub closed', 'web closed', 'web ended', 'broken ended', 'hub ended']);
  });

  test('a stop drains the inbox', async () => {
    const handled: number[] = [];
    const bus = createBus().add(
      module('worker', async (ctx) => {
        for await (const message of ctx.receive()) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          handled.push(message.content as number);
        }
      }),
    );
    const sender = bus.join('sender');
    bus.start();
    for (let n = 0; n < 10; n += 1) await sender.send('worker', numbered(n));
    await expect(bus.stop()).resolves.toMatchObject({ clean: true });
    expect(handled).toHaveLength(10);
  });

  test('what is sent to a module that has read everything and is still ending is refused, not lost', async () => {
    let tidy!: () => void;
    const tidied = new Promise<void>((resolve) => {
      tidy = resolve;
    });
    const bus = createBus().add(
      module('worker', async (ctx) => {
        for await (const _ of ctx.receive());
        await tidied;
      }),
    );
    const sender = bus.join('sender');
    bus.start();
    await sender.send('worker', numbered(1));
    await new Promise(setImmediate);
    const stopped = bus.stop();
    await new Promise(setImmediate);
    await expect(sender.send('worker', numbered(2))).rejects.toMatchObject({ code: 'ERR_NO_SUCH_MODULE' });
    tidy();
    await expect(stopped).resolves.toMatchObject({ clean: true });
  });

  test('a hanging module is left behind at the deadline, its messages named', async () => {
    const bus = createBus().add(
      module('stuck', async (ctx) => {
        for await (const _ of ctx.receive()) await new Promise(() => {});
      }),
    );
    const sender = bus.join('sender');
    bus.start();
    await sender.send('stuck', numbered(1));
    await sender.send('stuck', numbered(2));
    await new Promise(setImmediate);
    const report = await bus.stop({ graceMs: 20 });
    expect(report).toMatchObject({ clean: false, hanging: ['stuck'] });
    expect(report.unhandled['stuck']!.map((message) => message.id)).toEqual(['m1', 'm2']);
  });

  test('health is the module’s own while it runs', async () => {
    const bus = createBus().add({
      ...idle('a'),
      health: () => ({ state: 'degraded', reason: 'engine down' }),
    });
    bus.start();
    expect(bus.report()).toMatchObject([
      { name: 'a', state: 'degraded', reason: 'engine down', restarts: 0, queued: 0 },
    ]);
    await bus.stop();
    expect(bus.report()).toMatchObject([{ state: 'stopped' }]);
  });
});

describe('crashes', () => {
  test('restart with growing waits; the inbox survives; the message in hand comes once more', async () => {
    jest.useFakeTimers({ doNotFake: ['performance', 'setImmediate', 'nextTick'] });
    try {
      const seen: string[] = [];
      const bus = createBus();
      bus.add(
        module('fragile', async (ctx) => {
          for await (const message of ctx.receive()) {
            seen.push(message.id);
            if (message.id === 'm1') throw new Error('cannot digest this');
          }
        }),
        { when: 'onFailure', jitter: 0 },
      );
      const sender = bus.join('sender');
      bus.start();
      for (const n of [1, 2]) await sender.send('fragile', numbered(n));
      await new Promise(setImmediate);
      expect(bus.report()).toMatchObject([
        { state: 'restarting', restarts: 1, reason: 'cannot digest this' },
      ]);
      await jest.advanceTimersByTimeAsync(1000);
      expect(seen).toEqual(['m1', 'm1']);
      await jest.advanceTimersByTimeAsync(2000);
      expect(seen).toEqual(['m1', 'm1', 'm2']);
      const stopped = bus.stop();
      await jest.advanceTimersByTimeAsync(0);
      await stopped;
    } finally {
      jest.useRealTimers();
    }
  });

  test('a stack is told once, and only of errors nobody foresaw', async () => {
    const told: string[] = [];
    const at = (level: string) => (fields: object, text: string) => {
      told.push(`${level} ${'err' in fields ? 'stack' : text}`);
    };
    const log = { ...silentLogger, error: at('error'), warn: at('warn') } as never as Logger;
    const errors = [new Error('a bug'), new Error('a bug'), new NoSuchModuleError('x')];
    const bus = createBus({ log: { ...log, child: () => log } });
    bus.add(
      module('bad', async () => {
        throw errors.shift() ?? new Error('enough');
      }),
      { when: 'onFailure', intervalMs: 1, retries: 3 },
    );
    bus.start();
    await bus.failed.catch(() => {});
    const again = 'module ended, it will be started again:';
    expect(told).toEqual([
      'error stack',
      `warn ${again} a bug`,
      `error ${again} no module or group named "x" is running`,
    ]);
    await bus.stop();
  });

  test('with no restarts left the bus reports the failure', async () => {
    const bus = createBus().add(
      module('bad', async () => {
        throw new Error('wrong token');
      }),
      { when: 'onFailure', isFatal: () => true },
    );
    bus.start();
    const failure = await bus.failed.catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_MODULE', module: 'bad' });
    expect(errorText(failure)).toBe('module "bad": cannot go on: wrong token');
    expect(bus.report()).toMatchObject([{ state: 'failed', reason: 'wrong token' }]);
    await bus.stop();
  });

  test('an uncaught error in a timer of a module is that module’s crash', async () => {
    let runs = 0;
    const bus = createBus();
    let claim: (() => boolean) | undefined;
    bus.add(
      module('leaky', async (ctx) => {
        runs += 1;
        // What process.on('uncaughtException') would run in the context of the timer.
        setTimeout(() => {
          claim = () => bus.claimError(new Error('thrown in a timer'));
          claim();
        }, 1);
        for await (const _ of ctx.receive());
      }),
      { when: 'onFailure', intervalMs: 1, jitter: 0, retries: 2 },
    );
    bus.start();
    await expect(bus.failed).rejects.toMatchObject({ cause: { message: 'thrown in a timer' } });
    expect(runs).toBe(3);
    expect(bus.claimError(new Error('not ours'))).toBe(false);
    await bus.stop();
  });
});
