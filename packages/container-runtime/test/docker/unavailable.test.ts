import { expect, test } from '@jest/globals';
import { unavailable } from '../../src/docker/client/unavailable.js';

const address = { kind: 'socket', path: '/run/engine.sock' } as const;
const failed = (code: string) => Object.assign(new Error(code), { code });
const text = (code: string) => unavailable(address, failed(code)).message;

test('where a connection broke is chance, and does not change the text: it is part of the node status', () => {
  expect(text('EPIPE')).toBe(text('ECONNRESET'));
});

test('what an operator can do something about is told apart', () => {
  const codes = ['ENOENT', 'ECONNREFUSED', 'EACCES', 'ENOTFOUND', 'ETIMEDOUT', 'EPIPE', 'EMFILE'];
  expect(new Set(codes.map(text)).size).toBe(codes.length);
  expect(text('EMFILE')).toContain('EMFILE');
});

test('names the engine, and keeps what happened', () => {
  const error = failed('ECONNRESET');
  expect(unavailable(address, error)).toMatchObject({ code: 'ERR_RUNTIME_UNAVAILABLE', cause: error });
  expect(unavailable(address, error).message).toMatch(/^the container engine at \/run\/engine\.sock /);
});
