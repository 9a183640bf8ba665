import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PublishQueue } from '../src/broker/external/publish-queue.js';

test('first in, first out, and never more than its limits; the oldest go', () => {
  const steps = fc.array(fc.oneof(fc.nat({ max: 40 }), fc.constant('shift' as const)), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (actions) => {
      const queue = new PublishQueue(10, 100);
      const model: { topic: string; size: number }[] = [];
      for (const [index, action] of actions.entries()) {
        if (action === 'shift') {
          expect(queue.shift()?.topic).toBe(model.shift()?.topic);
          continue;
        }
        const topic = String(index);
        const dropped = queue.push(topic, 'x'.repeat(action));
        model.push({ topic, size: action + topic.length });
        let expected = 0;
        const bytes = () => model.reduce((sum, { size }) => sum + size, 0);
        while (model.length > 10 || (bytes() > 100 && model.length > 1)) {
          model.shift();
          expected += 1;
        }
        expect(dropped).toBe(expected);
        expect(queue.length).toBe(model.length);
      }
    }),
  );
});

test('one that is larger than the limit goes alone', () => {
  const queue = new PublishQueue(10, 100);
  queue.push('a', 'x');
  expect(queue.push('b', 'x'.repeat(1000))).toBe(1);
  expect(queue.shift()?.topic).toBe('b');
  expect(queue.shift()).toBeUndefined();
});

test('the bytes counted are those sent', () => {
  const queue = new PublishQueue(10, 100);
  queue.push('a', 'ä'.repeat(40));
  expect(queue.push('b', Buffer.alloc(40))).toBe(1);
});
