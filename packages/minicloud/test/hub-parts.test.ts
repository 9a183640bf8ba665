import { createMessage } from '@edgecore/beehive';
import { describe, expect, test } from '@jest/globals';
import { AckQueue } from '../src/hub/ack-queue.js';
import { Latch } from '../src/hub/latch.js';

const entry = (key: string, version: string, extra: { deletes?: boolean; going?: boolean } = {}) => ({
  key,
  deletes: extra.deletes ?? false,
  failures: 0,
  message: createMessage<unknown>({ id: `${key}@${version}`, resourceVersion: version }),
  object: {
    metadata: {
      name: key,
      uid: key,
      resourceVersion: version,
      creationTimestamp: '',
      ...(extra.going ? { deletionTimestamp: 'now' } : {}),
    },
  },
});

describe('the queue of messages to confirm', () => {
  test('one message per object, the newest, in the order the objects came', () => {
    const queue = new AckQueue();
    expect([entry('a', '1'), entry('b', '2'), entry('a', '3')].map((item) => queue.offer(item))).toEqual([
      true,
      true,
      true,
    ]);
    expect([queue.take()?.message.id, queue.take()?.message.id, queue.take()]).toEqual([
      'a@3',
      'b@2',
      undefined,
    ]);
  });

  test('versions compare as numbers: more digits are newer', () => {
    const queue = new AckQueue();
    queue.offer(entry('a', '99999'));
    expect(queue.offer(entry('a', '100000'))).toBe(true);
    expect(queue.offer(entry('a', '100000'))).toBe(false);
    expect(queue.offer(entry('a', '5'))).toBe(false);
  });

  test('after the mark of deletion only the deletion follows, and then a new object', () => {
    const queue = new AckQueue();
    queue.offer(entry('a', '1', { going: true }));
    expect(queue.offer(entry('a', '2'))).toBe(false);
    expect(queue.knowsDeletion('a')).toBe(false);
    expect(queue.offer(entry('a', '', { deletes: true }))).toBe(true);
    expect(queue.knowsDeletion('a')).toBe(true);
    expect(queue.take()?.deletes).toBe(true);
    queue.forget('a');
    expect(queue.offer(entry('a', '3'))).toBe(true);
  });

  test('an object that left the sight of a watch may come back, with a newer version only', () => {
    const queue = new AckQueue();
    queue.offer(entry('a', '2', { deletes: true }));
    expect([queue.knows('a', '2'), queue.knows('a', '3')]).toEqual([true, false]);
    expect(['1', '2', '3'].map((version) => queue.offer(entry('a', version)))).toEqual([false, false, true]);
    expect([queue.take()?.message.id, queue.take()]).toEqual(['a@3', undefined]);
  });

  test('a message given back does not push a newer one aside', () => {
    const queue = new AckQueue();
    queue.offer(entry('a', '1'));
    const taken = queue.take()!;
    queue.offer(entry('a', '2'));
    queue.giveBack(taken);
    expect(queue.size).toBe(1);
    expect(queue.take()?.message.id).toBe('a@2');
  });
});

describe('a latch', () => {
  test('opened before the wait counts once', async () => {
    const latch = new Latch();
    latch.open();
    expect(await latch.wait()).toBe(true);
    expect(await latch.wait({ timeoutMs: 5 })).toBe(false);
  });

  test('ends by opening, time or signal', async () => {
    const latch = new Latch();
    const waiting = latch.wait({ timeoutMs: 10_000 });
    latch.open();
    expect(await waiting).toBe(true);
    const controller = new AbortController();
    const aborted = latch.wait({ signal: controller.signal });
    controller.abort();
    expect(await aborted).toBe(false);
    expect(await latch.wait({ signal: controller.signal })).toBe(false);
  });
});
