import { goHash } from '@edgecore/container-runtime';
import { expect, test } from '@jest/globals';
import { acceptsHash, containerHash } from '../../src/plan/container-hash.js';

test('the check values of edged.md §4.5', () => {
  expect(containerHash({ image: 'foo/image:v1', name: 'test_container' })).toBe('8e45cbd0');
  expect(containerHash({ image: 'bar', name: 'foo' })).toBe('11a6d6d6');
});

test('both hashes of Go kubelets are accepted, no other', () => {
  const container = { name: 'test_container', image: 'foo/image:v1', resources: {} };
  expect(acceptsHash(container, '8e45cbd0')).toBe(true);
  expect(acceptsHash(container, '9c2e6b2f')).toBe(true);
  expect(acceptsHash({ ...container, image: 'foo/image:v2' }, '8e45cbd0')).toBe(false);
});

test("Go's escapes", () => {
  const container = { name: 'c', image: 'i', args: ['<a> & "b"'] };
  const json = '{"name":"c","image":"i","args":["\\u003ca\\u003e \\u0026 \\"b\\""]}';
  expect(acceptsHash(container, goHash(json))).toBe(true);
});
