import { createMessage, type Message } from '@edgecore/beehive';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OutboundQueue } from '../src/outbound/outbound-queue.js';

function status(n: number, fields: Partial<Message> = {}): Message {
  return createMessage<unknown>({
    id: `m${n}`,
    source: 'edged',
    operation: 'update',
    resource: 'default/podstatus/web',
    ...fields,
  });
}

const insert = (n: number) => status(n, { operation: 'insert', resource: `default/event/e${n}` });
const ack = (n: number) => status(n, { operation: 'response', parentId: `down${n}` });

function queueOf(maxMessages: number, extra: { maxBytes?: number; waiting?: string[] } = {}) {
  const { maxBytes = 1e9, waiting = [] } = extra;
  return new OutboundQueue({ maxMessages, maxBytes, hasWaiter: ({ id }) => waiting.includes(id) });
}

function drain(queue: OutboundQueue): string[] {
  const ids: string[] = [];
  for (;;) {
    const message = queue.nextAck() ?? queue.nextMessage();
    if (!message) return ids;
    ids.push(message.id);
    queue.confirm(message);
  }
}

describe('outbound queue (edgehub.md §5.2)', () => {
  test('in order, acknowledgements first', () => {
    const queue = queueOf(10);
    for (const message of [status(1), insert(2), ack(3), status(4), ack(5)]) queue.put(message, 10);
    expect([queue.depth, queue.bytes]).toEqual([5, 50]);
    expect(drain(queue)).toEqual(['m3', 'm5', 'm1', 'm2', 'm4']);
    expect([queue.depth, queue.bytes]).toEqual([0, 0]);
  });

  test('a message stays first until its write is confirmed', () => {
    const queue = queueOf(10);
    queue.put(status(1), 1);
    queue.put(status(2), 1);
    expect(queue.nextMessage()?.id).toBe('m1');
    expect(queue.nextMessage()?.id).toBe('m1');
    queue.confirm(status(1));
    // Another object with the same id is not the one that was written.
    expect(queue.nextMessage()?.id).toBe('m1');
    queue.confirm(queue.nextMessage()!);
    expect(queue.nextMessage()?.id).toBe('m2');
  });

  test('an upload in the 2020 form is no acknowledgement', () => {
    const queue = queueOf(10);
    queue.put(status(1, { source: 'bus', operation: 'response', resource: 'dG9waWM=' }), 1);
    expect(queue.nextAck()).toBeUndefined();
    expect(queue.nextMessage()?.id).toBe('m1');
  });

  test('when full, superseded statuses go, the first and the last of a resource stay', () => {
    const queue = queueOf(5);
    for (let n = 0; n < 5; n++) queue.put(status(n), 1);
    const { taken, dropped } = queue.put(status(5), 1);
    expect(taken).toBe(true);
    expect(dropped.map(({ id }) => id).sort()).toEqual(['m1', 'm2', 'm3', 'm4']);
    expect(drain(queue)).toEqual(['m0', 'm5']);
  });

  test.each([
    ['other resources', (n: number) => status(n, { resource: `default/podstatus/p${n}` })],
    [
      'twin reports, each with other properties',
      (n: number) => status(n, { resource: 'device/d/twin/edge_updated' }),
    ],
    ['node labels', (n: number) => status(n, { resource: 'default/node/edge-01' })],
    ['operations that are no status', insert],
  ])('when full of %s, a new message is refused', (_, make) => {
    const queue = queueOf(3);
    for (let n = 0; n < 3; n++) queue.put(make(n), 1);
    expect(queue.put(make(3), 1)).toEqual({ taken: false, dropped: [] });
    expect(drain(queue)).toEqual(['m0', 'm1', 'm2']);
  });

  test('a status somebody waits for is not superseded', () => {
    const queue = queueOf(3, { waiting: ['m1'] });
    for (let n = 0; n < 3; n++) queue.put(status(n), 1);
    expect(queue.put(status(3), 1).dropped.map(({ id }) => id)).toEqual(['m2']);
    expect(drain(queue)).toEqual(['m0', 'm1', 'm3']);
  });

  test('the bound in bytes holds too', () => {
    const queue = queueOf(100, { maxBytes: 100 });
    expect(queue.put(insert(1), 60).taken).toBe(true);
    expect(queue.put(insert(2), 60).taken).toBe(false);
    expect(queue.put(insert(3), 40).taken).toBe(true);
    expect(queue.bytes).toBe(100);
  });

  test('acknowledgements are taken when full, and bounded by themselves', () => {
    const queue = queueOf(1);
    queue.put(insert(0), 1);
    for (let n = 1; n <= 1001; n++) expect(queue.put(ack(n), 1).taken).toBe(true);
    expect(queue.depth).toBe(1001);
    expect(queue.nextAck()?.id).toBe('m2');
  });

  test('whatever is put: bounded, counted right, order kept, last status of each resource kept', () => {
    const step = fc.record({
      resource: fc.constantFrom(
        'default/podstatus/a',
        'default/podstatus/b',
        'null/nodepatch/n',
        'device/x/twin/edge_updated',
      ),
      operation: fc.constantFrom('update', 'patch', 'insert'),
      bytes: fc.integer({ min: 1, max: 30 }),
      confirm: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const queue = queueOf(8, { maxBytes: 120 });
        const kept = new Map<string, { message: Message; bytes: number }>();
        steps.forEach(({ resource, operation, bytes, confirm }, n) => {
          if (confirm && queue.nextMessage()) {
            kept.delete(queue.nextMessage()!.id);
            queue.confirm(queue.nextMessage()!);
          }
          const head = queue.nextMessage();
          const message = status(n, { resource, operation });
          const { taken, dropped } = queue.put(message, bytes);
          for (const { id } of dropped) {
            const old = kept.get(id)!.message;
            kept.delete(id);
            const later = [...kept.values(), { message }].some(
              (one) => one.message.resource === old.resource && one.message.operation === old.operation,
            );
            expect(later).toBe(true);
          }
          if (taken) kept.set(message.id, { message, bytes });
          if (head) expect(queue.nextMessage()).toBe(head);
          expect(queue.depth).toBe(kept.size);
          expect(queue.depth).toBeLessThanOrEqual(8);
          expect(queue.bytes).toBe([...kept.values()].reduce((sum, one) => sum + one.bytes, 0));
          expect(queue.bytes).toBeLessThanOrEqual(120);
        });
        expect(drain(queue)).toEqual([...kept.keys()]);
      }),
    );
  });
});
