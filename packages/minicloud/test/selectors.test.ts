import { expect, test } from '@jest/globals';
import { selecting } from '../src/objects/selectors.js';

const object = (labels: Record<string, string>) => ({
  metadata: {
    name: 'web',
    namespace: 'default',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '',
    labels,
  },
  spec: { nodeName: 'edge-1' },
});

test.each([
  ['', true],
  ['app=web', true],
  ['app==web,tier!=back', true],
  ['app=db', false],
  ['app in (db, web),tier', true],
  ['app in (db)', false],
  ['app notin (db,cache)', true],
  ['missing notin (db)', true],
  ['missing in (db)', false],
  ['!missing', true],
  ['!app', false],
])('labels %j: %s', (labelSelector, expected) => {
  expect(selecting({ labelSelector })(object({ app: 'web', tier: 'front' }))).toBe(expected);
});

test('labels and fields must both fit', () => {
  const fields = (fieldSelector: string) =>
    selecting({ labelSelector: 'app', fieldSelector })(object({ app: 'x' }));
  expect(fields('spec.nodeName=edge-1,metadata.name=web')).toBe(true);
  expect(fields('spec.nodeName=edge-2')).toBe(false);
});

test.each(['a ~ b', 'a in b', 'a in (b', '=b', '!a=b'])('%j is not understood', (labelSelector) => {
  expect(() => selecting({ labelSelector })).toThrow(/selector .* is not understood here/);
});
