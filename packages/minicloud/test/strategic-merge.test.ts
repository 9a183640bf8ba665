import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { strategicMerge } from '../src/objects/strategic-merge.js';

describe('strategic merge patch', () => {
  test.each<[string, object, object, object]>([
    ['fields are set and removed', { a: 1, b: 2 }, { b: null, c: 3 }, { a: 1, c: 3 }],
    ['maps merge', { m: { a: 1, b: 2 } }, { m: { b: 3 } }, { m: { a: 1, b: 3 } }],
    ['$patch replace replaces a map', { m: { a: 1 } }, { m: { $patch: 'replace', b: 2 } }, { m: { b: 2 } }],
    [
      'plain lists are replaced',
      { containerStatuses: [1, 2] },
      { containerStatuses: [3] },
      { containerStatuses: [3] },
    ],
    [
      'conditions merge by type, null removes a field',
      {
        conditions: [
          { type: 'Ready', status: 'False', reason: 'x' },
          { type: 'Initialized', status: 'True' },
        ],
      },
      {
        conditions: [
          { type: 'Ready', status: 'True', reason: null },
          { type: 'New', status: 'True' },
        ],
      },
      {
        conditions: [
          { type: 'Ready', status: 'True' },
          { type: 'Initialized', status: 'True' },
          { type: 'New', status: 'True' },
        ],
      },
    ],
    [
      'an element is deleted',
      { podIPs: [{ ip: '1' }, { ip: '2' }] },
      { podIPs: [{ $patch: 'delete', ip: '1' }] },
      { podIPs: [{ ip: '2' }] },
    ],
    [
      'a list is replaced by a $patch element',
      { addresses: [{ type: 'InternalIP', address: '1' }] },
      { addresses: [{ $patch: 'replace' }, { type: 'Hostname', address: 'h' }] },
      { addresses: [{ type: 'Hostname', address: 'h' }] },
    ],
    [
      'the order of elements is set',
      { conditions: [{ type: 'B' }] },
      { '$setElementOrder/conditions': [{ type: 'A' }, { type: 'B' }], conditions: [{ type: 'A' }] },
      { conditions: [{ type: 'A' }, { type: 'B' }] },
    ],
    [
      'elements of a primitive list are removed',
      { finalizers: ['a', 'b'] },
      { '$deleteFromPrimitiveList/finalizers': ['a'] },
      { finalizers: ['b'] },
    ],
    ['$retainKeys drops the other fields', { a: 1, b: 2 }, { $retainKeys: ['b'], b: 3 }, { b: 3 }],
  ])('%s', (_what, original, patch, result) => {
    const before = structuredClone(original);
    expect(strategicMerge(original as never, patch as never)).toEqual(result);
    expect(original).toEqual(before);
  });

  test('an unknown directive is refused', () => {
    expect(() => strategicMerge({}, { a: { $patch: 'odd' } })).toThrow(TypeError);
  });

  const plain = fc.dictionary(
    fc.string({ minLength: 1 }).filter((key) => !key.startsWith('$') && key !== '__proto__'),
    fc.oneof(
      fc.integer(),
      fc.string(),
      fc.array(fc.integer()),
      fc.dictionary(fc.constantFrom('a', 'b'), fc.integer()),
    ),
  );

  test('a patch twice is a patch once, and a patch of nothing changes nothing', () => {
    fc.assert(
      fc.property(plain, plain, (original, patch) => {
        const once = strategicMerge(original, patch);
        expect(strategicMerge(once, patch)).toEqual(once);
        expect(strategicMerge(original, {})).toEqual(original);
      }),
    );
  });
});
