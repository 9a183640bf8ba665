import { expect, test } from '@jest/globals';
import { goHash, reducedContainerHash } from '../src/index.js';

test.each([
  ['{"image":"foo/image:v1","name":"test_container"}', '8e45cbd0'],
  ['{"image":"bar","name":"foo"}', '11a6d6d6'],
  ['{"name":"test_container","image":"foo/image:v1","resources":{}}', '9c2e6b2f'],
])('goHash(%s) is what kubelet computes', (json, hash) => {
  expect(goHash(json)).toBe(hash);
});

test('the reduced hash looks at image and name only', () => {
  const container = { name: 'test_container', image: 'foo/image:v1', command: ['sh'] };
  expect(reducedContainerHash(container)).toBe('8e45cbd0');
  expect(reducedContainerHash({ ...container, image: 'foo/image:v2' })).not.toBe('8e45cbd0');
});

test('characters Go escapes in JSON are escaped before hashing', () => {
  expect(reducedContainerHash({ name: 'a&b', image: '<x>' })).toBe(
    goHash('{"image":"\\u003cx\\u003e","name":"a\\u0026b"}'),
  );
});
