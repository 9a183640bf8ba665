import { once } from 'node:events';
import { type Logger, type MetricLabels, silentLogger } from '@edgecore/api';
import { describe, expect, test } from '@jest/globals';
import { createBus, createMessage, type TraceEvent } from '../src/index.js';
import { module, numbered, take } from './support.js';

/** Figures as `name{label="value",…}` lines. */
function recordingMetrics() {
  const lines: string[] = [];
  const note = (name: string, labels: MetricLabels = {}) => {
    const text = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    lines.push(`${name} ${text.join(' ')}`);
  };
  return {
    lines,
    count: (name: string, labels?: MetricLabels) => note(name, labels),
    gauge() {},
    observe: (name: string, _seconds: number, labels?: MetricLabels) => note(name, labels),
  };
}

describe('bounded inboxes (beehive.md §7 R3)', () => {
  test('a try fails at once and leaves nothing behind', async () => {
    const bus = createBus();
    const sender = bus.join('sender');
    const full = bus.join('full', 'full', { capacity: 1 });
    await sender.send('full', numbered(1));
    await expect(sender.send('full', numbered(2), { timeoutMs: 0 })).rejects.toMatchObject({
      code: 'ERR_REQUEST_TIMEOUT',
      phase: 'send',
      target: 'full',
    });
    const gone = AbortSignal.abort(new Error('not any more'));
    await expect(sender.send('full', numbered(3), { signal: gone })).rejects.toThrow('not any more');
    await take(full, 1);
    await sender.send('full', numbered(4));
    expect((await take(full, 1)).map(({ id }) => id)).toEqual(['m4']);
  });

  test('80 % full is worth a warning, one each time it fills', async () => {
    const warned: unknown[] = [];
    const log = { ...silentLogger, warn: (fields: unknown) => void warned.push(fields) } as never as Logger;
    const bus = createBus({ log: { ...log, child: () => log } });
    const sender = bus.join('sender');
    const receiver = bus.join('receiver', 'receiver', { capacity: 10 });
    const fill = async (count: number) => {
      for (let n = 0; n < count; n += 1) await sender.send('receiver', numbered(n));
    };
    await fill(7);
    expect(warned).toEqual([]);
    await fill(3);
    expect(warned).toEqual([{ module: 'receiver', depth: 8, capacity: 10 }]);
    await take(receiver, 10);
    await fill(8);
    expect(warned).toHaveLength(2);
  });
});

test('a module that ended by itself takes nothing more; what it left is named (R6)', async () => {
  let end!: () => void;
  const ending = new Promise<void>((resolve) => {
    end = resolve;
  });
  const bus = createBus().add({ ...module('short', () => ending), inbox: { capacity: 1 } });
  const sender = bus.join('sender');
  bus.start();
  await sender.send('short', createMessage({ id: 'in' }));
  const waiting = sender.send('short', createMessage({ id: 'waiting' }));
  const refused = expect(waiting).rejects.toMatchObject({ code: 'ERR_NO_SUCH_MODULE' });
  end();
  await refused;
  await expect(sender.send('short', numbered(1))).rejects.toMatchObject({ code: 'ERR_NO_SUCH_MODULE' });
  const { unhandled } = await bus.stop();
  expect(unhandled['short']!.map(({ id }) => id)).toEqual(['in']);
});

describe('crashes (R8)', () => {
  test('what a module dies of twice is set aside, with its id, and counted', async () => {
    const errors: unknown[] = [];
    const steps: string[] = [];
    const metrics = recordingMetrics();
    const log = { ...silentLogger, error: (fields: unknown) => void errors.push(fields) } as never as Logger;
    const bus = createBus({
      log: { ...log, child: () => silentLogger },
      metrics,
      trace: ({ step, message }: TraceEvent) => void steps.push(`${step} ${message.id}`),
    });
    const survived = new Promise<void>((resolve) => {
      bus.add(
        module('fragile', async (ctx) => {
          for await (const message of ctx.receive()) {
            if (message.id === 'm1') throw new Error('cannot digest this');
            resolve();
          }
        }),
        { when: 'onFailure', intervalMs: 1, jitter: 0 },
      );
    });
    const sender = bus.join('sender');
    bus.start();
    for (const n of [1, 2]) await sender.send('fragile', numbered(n));
    await survived;
    await bus.stop();
    expect(errors).toEqual([{ module: 'fragile', id: 'm1', operation: 'update', resource: 'default/pod/a' }]);
    expect(metrics.lines).toContain('edgecore_messages_dead_total module=fragile');
    expect(steps).toEqual(['sent m1', 'sent m2', 'deadLetter m1', 'handled m2']);
  });

  test('a module that waits for its next start says so, and when', async () => {
    const bus = createBus().add(
      module('bad', async () => {
        throw new Error('no luck');
      }),
      { when: 'onFailure', intervalMs: 20_000, jitter: 0 },
    );
    const before = Date.now();
    bus.start();
    await new Promise(setImmediate);
    const [report] = bus.report();
    expect(report).toMatchObject({ state: 'restarting', reason: 'no luck', restarts: 1 });
    expect(report!.nextStartAt).toBeGreaterThanOrEqual(before + 20_000);
    // A stop does not wait for that start.
    expect((await bus.stop()).clean).toBe(true);
  });

  test('queue and last message of a module are in its report (R9)', async () => {
    const bus = createBus().add(
      module('busy', async (ctx) => {
        for await (const _ of ctx.receive()) if (!ctx.signal.aborted) await once(ctx.signal, 'abort');
      }),
    );
    const sender = bus.join('sender');
    bus.start();
    expect(bus.report()).toMatchObject([{ queued: 0, lastMessageAt: 0 }]);
    const before = Date.now();
    for (const n of [1, 2, 3]) await sender.send('busy', numbered(n));
    await new Promise(setImmediate);
    const [report] = bus.report();
    expect(report).toMatchObject({ state: 'ready', queued: 2 });
    expect(report!.lastMessageAt).toBeGreaterThanOrEqual(before);
    await bus.stop();
  });
});

test('figures per module and operation (R10)', async () => {
  const metrics = recordingMetrics();
  const bus = createBus({ metrics });
  const sender = bus.join('sender');
  const receiver = bus.join('receiver');
  await sender.send('receiver', numbered(1));
  await sender.send('receiver', numbered(2));
  await take(receiver, 2);
  const query = createMessage({ operation: 'query', resource: 'default/pod/a' });
  await expect(sender.request('receiver', query, { timeoutMs: 1 })).rejects.toThrow();
  expect(metrics.lines).toEqual([
    'edgecore_messages_sent_total module=receiver operation=update',
    'edgecore_messages_sent_total module=receiver operation=update',
    'edgecore_messages_handled_total module=receiver operation=update',
    'edgecore_message_queue_seconds module=receiver',
    'edgecore_message_handling_seconds module=receiver',
    'edgecore_messages_sent_total module=receiver operation=query',
    'edgecore_request_timeouts_total module=receiver operation=query',
  ]);
});

describe('what members of a group share (R12)', () => {
  test('nobody can change it for the others', async () => {
    const bus = createBus();
    const sender = bus.join('sender');
    const [a, b] = [bus.join('a', 'meta'), bus.join('b', 'meta')];
    const pod = { metadata: { labels: { app: 'x' } }, items: [{ n: 1 }] };
    await sender.sendToGroup('meta', createMessage({ content: pod }));
    const [atA] = await take(a, 1);
    const mine = atA!.content as typeof pod;
    expect(() => {
      mine.metadata.labels.app = 'changed';
    }).toThrow(TypeError);
    expect(() => mine.items.push({ n: 2 })).toThrow(TypeError);
    const [atB] = await take(b, 1);
    expect(atB!.content).toEqual({ metadata: { labels: { app: 'x' } }, items: [{ n: 1 }] });
  });

  test('bytes, which cannot be frozen, are copied for each', async () => {
    const bus = createBus();
    const sender = bus.join('sender');
    const [a, b] = [bus.join('a', 'bus'), bus.join('b', 'bus')];
    const payload = { at: 1n, bytes: new Uint8Array([1, 2]) };
    await sender.sendToGroup('bus', createMessage({ id: 'x', content: payload }));
    const [atA] = await take(a, 1);
    (atA!.content as typeof payload).bytes[0] = 9;
    const [atB] = await take(b, 1);
    expect(atB).toMatchObject({ id: 'x', content: { at: 1n, bytes: new Uint8Array([1, 2]) } });
    expect(payload.bytes[0]).toBe(1);
  });

  test('content that is deep or goes in circles is no trouble', async () => {
    const bus = createBus();
    const sender = bus.join('sender');
    const receiver = bus.join('receiver', 'meta');
    let deep: unknown[] = [];
    for (let n = 0; n < 100_000; n += 1) deep = [deep];
    const circle: Record<string, unknown> = { deep };
    circle['self'] = circle;
    await sender.sendToGroup('meta', createMessage({ content: circle }));
    const [message] = await take(receiver, 1);
    expect(Object.isFrozen((message!.content as typeof circle)['self'])).toBe(true);
  });
});
