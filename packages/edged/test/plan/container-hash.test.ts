import { readFileSync } from 'node:fs';
import { goHash } from '@edgecore/container-runtime';
import { expect, test } from '@jest/globals';
import type { Container } from '../../src/kube-types.js';
import { acceptsHash, containerHash } from '../../src/plan/container-hash.js';

/** Containers as a 2020 edge stored them, keys sorted, and the labels it gave their instances. */
const GO_HASHES = JSON.parse(readFileSync(new URL('./go-hashes.json', import.meta.url), 'utf8')) as {
  hash: string;
  container: object;
}[];

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

test.each(GO_HASHES)(
  'what the Go edge of 2020 wrote is accepted, keys in any order: $hash',
  ({ hash, container }) => {
    expect(acceptsHash(container as Container, hash)).toBe(true);
    expect(acceptsHash(reversed(container) as Container, hash)).toBe(true);
    expect(acceptsHash({ ...container, workingDir: '/elsewhere' } as Container, hash)).toBe(false);
  },
);

test("Go's escapes", () => {
  const container = { name: 'c', image: 'i', args: ['<a> & "b"'] };
  const json = '{"name":"c","image":"i","args":["\\u003ca\\u003e \\u0026 \\"b\\""],"resources":{}}';
  expect(acceptsHash(container, goHash(json))).toBe(true);
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, inner]) => [key, reversed(inner)]));
}
