import { expect, test } from '@jest/globals';
import { applyDefaultTag, repositoryOf } from '../../src/images/image-name.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.each([
  ['busybox', 'busybox:latest'],
  ['busybox:1', 'busybox:1'],
  ['localhost:5000/a/b', 'localhost:5000/a/b:latest'],
  ['localhost:5000/a/b:1', 'localhost:5000/a/b:1'],
  [`busybox@${DIGEST}`, `busybox@${DIGEST}`],
  [`busybox:1@${DIGEST}`, `busybox:1@${DIGEST}`],
  [DIGEST, DIGEST],
  ['registry.example.com/x__y/z-1', 'registry.example.com/x__y/z-1:latest'],
])('%s is pulled as %s', (image, expected) => {
  expect(applyDefaultTag(image)).toBe(expected);
});

test.each(['A B', '', 'UPPER', 'a//b', ':1', 'a:', 'a@sha256:12', '-a', 'http://a/b'])(
  '"%s" is no image name',
  (image) => {
    expect(() => applyDefaultTag(image)).toThrow(expect.objectContaining({ reason: 'InvalidImageName' }));
  },
);

test.each([
  ['busybox:1', 'docker.io/library/busybox'],
  ['me/app', 'docker.io/me/app'],
  ['localhost/app:1', 'localhost/app'],
  ['localhost:5000/app', 'localhost:5000/app'],
  [`r.example.com/a/b:1@${DIGEST}`, 'r.example.com/a/b'],
])('%s lives in %s', (image, expected) => {
  expect(repositoryOf(image)).toBe(expected);
});
