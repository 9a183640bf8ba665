import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FilterTree } from '../src/topics/filter-tree.js';

/** MQTT 3.1.1 §4.7, written down as it reads. */
function matches(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  const pattern = filter
    .split('/')
    .map((word) => (word === '+' ? '[^/]*' : word.replace(/[$]/g, '\\$&')))
    .join('/')
    .replace(/^#$/, '.*')
    .replace(/\/#$/, '(/.*)?');
  return new RegExp(`^${pattern}$`).test(topic);
}

describe('filter tree', () => {
  const words = fc.constantFrom('a', 'b', '', '$s');
  const topics = fc.array(words, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const filters = fc
    .tuple(fc.array(fc.oneof(words, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([parts, rest]) => [...parts, ...(rest ? ['#'] : [])].join('/'));

  test('finds what the rules of MQTT say, whatever was added and removed', () => {
    fc.assert(
      fc.property(
        fc.array(filters, { maxLength: 12 }),
        fc.array(filters, { maxLength: 6 }),
        topics,
        (added, removed, topic) => {
          const tree = new FilterTree<string>();
          for (const filter of added) tree.add(filter, filter);
          for (const filter of removed) tree.remove(filter, filter);
          const left = [...new Set(added)].filter((filter) => !removed.includes(filter));
          expect(tree.size).toBe(left.length);
          expect([...new Set(tree.match(topic))].sort()).toEqual(
            left.filter((filter) => matches(filter, topic)).sort(),
          );
        },
      ),
    );
  });

  test.each([
    ['#', 'a', true],
    ['#', '$a', false],
    ['+/a', '$x/a', false],
    ['$x/+', '$x/a', true],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['a/+', 'a', false],
    ['a/+', 'a/', true],
    ['+', '', true],
    ['a/+/c', 'a/b/c', true],
    ['a/+/c', 'a/b/b/c', false],
  ])('%s against %s: %s', (filter, topic, expected) => {
    const tree = new FilterTree<string>();
    tree.add(filter, 'value');
    expect(tree.match(topic).length > 0).toBe(expected);
  });

  test('several values under one filter are independent', () => {
    const tree = new FilterTree<string>();
    tree.add('a/+', 'one');
    tree.add('a/+', 'two');
    tree.add('a/+', 'two');
    tree.remove('a/+', 'one');
    tree.remove('a/+', 'unknown');
    tree.remove('never/added', 'two');
    expect(tree.match('a/b')).toEqual(['two']);
    expect(tree.size).toBe(1);
  });
});
