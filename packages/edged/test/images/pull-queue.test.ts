import { describe, expect, test } from '@jest/globals';
import { PullQueue } from '../../src/images/pull-queue.js';
import { settled } from '../support/fake-clock.js';

/** Work that ends when told, and says that it began. */
function pulls(queue: PullQueue) {
  const begun: string[] = [];
  const end = new Map<string, (error?: Error) => void>();
  const start = (name: string, key: string, signal?: AbortSignal) => {
    const outcome = queue.run(
      key,
      () =>
        new Promise<string>((resolve, reject) => {
          begun.push(name);
          end.set(name, (error) => (error ? reject(error) : resolve(name)));
        }),
      signal,
    );
    outcome.catch(() => {});
    return outcome;
  };
  return { begun, start, end: (name: string, error?: Error) => end.get(name)!(error) };
}

describe('the queue of pulls', () => {
  test('takes one after the other, in order, whatever becomes of them', async () => {
    const { begun, start, end } = pulls(new PullQueue());
    const first = start('a', 'a');
    const second = start('b', 'b');
    const third = start('c', 'c');
    await settled();
    expect(begun).toEqual(['a']);
    end('a', new Error('no such tag'));
    await expect(first).rejects.toThrow('no such tag');
    await settled();
    expect(begun).toEqual(['a', 'b']);
    end('b');
    expect(await second).toBe('b');
    await settled();
    end('c');
    expect(await third).toBe('c');
  });

  test('equal ones share a turn, late ones too; the next begins when all of them are through', async () => {
    const { begun, start, end } = pulls(new PullQueue());
    start('a', 'a');
    start('b1', 'b');
    start('c', 'c');
    start('b2', 'b');
    await settled();
    end('a');
    await settled();
    expect(begun).toEqual(['a', 'b1', 'b2']);
    start('b3', 'b');
    await settled();
    expect(begun).toEqual(['a', 'b1', 'b2', 'b3']);
    for (const name of ['b1', 'b2']) end(name);
    await settled();
    expect(begun).toHaveLength(4);
    end('b3');
    await settled();
    expect(begun.at(-1)).toBe('c');
    start('b4', 'b');
    await settled();
    expect(begun.at(-1)).toBe('c');
  });

  test('who leaves while waiting leaves at once and holds up nobody', async () => {
    const { begun, start, end } = pulls(new PullQueue());
    const leaving = new AbortController();
    start('a', 'a');
    const left = start('b', 'b', leaving.signal);
    start('c', 'c');
    await settled();
    leaving.abort(new Error('pod deleted'));
    await expect(left).rejects.toThrow('pod deleted');
    await settled();
    expect(begun).toEqual(['a']);
    end('a');
    await settled();
    expect(begun).toEqual(['a', 'c']);
  });
});
