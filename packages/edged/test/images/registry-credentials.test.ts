import { describe, expect, test } from '@jest/globals';
import {
  configCredentials,
  matchingCredentials,
  secretCredentials,
} from '../../src/images/registry-credentials.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('pull secrets (edged.md §8)', () => {
  test('dockerconfigjson: auth or user and password', () => {
    const config = {
      auths: {
        'r.example.com': { auth: base64('user:pass:word'), email: 'a@b' },
        'other.example.com': { username: 'u', password: 'p' },
        broken: 7,
        empty: {},
      },
    };
    expect(secretCredentials({ data: { '.dockerconfigjson': base64(JSON.stringify(config)) } })).toEqual([
      { serverAddress: 'r.example.com', username: 'user', password: 'pass:word', email: 'a@b' },
      { serverAddress: 'other.example.com', username: 'u', password: 'p' },
    ]);
  });

  test('dockercfg is the inner map; other secrets and broken text give nothing', () => {
    const inner = base64(JSON.stringify({ 'r.io': { username: 'u', password: 'p' } }));
    expect(secretCredentials({ data: { '.dockercfg': inner } })).toHaveLength(1);
    expect(secretCredentials({ data: { key: 'x' } })).toEqual([]);
    expect(secretCredentials({ data: { '.dockerconfigjson': base64('{') } })).toEqual([]);
    expect(configCredentials('')).toEqual([]);
  });

  const keyed = (serverAddress: string) => ({ serverAddress, username: 'u', password: 'p' });

  test.each([
    ['busybox', 'https://index.docker.io/v1/', true],
    ['busybox', 'docker.io', true],
    ['me/app', 'docker.io/me', true],
    ['me/app', 'docker.io/you', false],
    ['r.example.com/a/b:1', 'r.example.com', true],
    ['r.example.com/a/b:1', 'https://r.example.com/v2/', true],
    ['r.example.com/a/b:1', 'r.example.com/a', true],
    ['r.example.com/a/b:1', 'r.example.com/c', false],
    ['r.example.com/a', '*.example.com', true],
    ['x.r.example.com/a', '*.example.com', false],
    ['r.example.com/a', 'r*.example.com', true],
    ['r.example.com:5000/a', 'r.example.com', false],
    ['r.example.com:5000/a', 'r.example.com:5000', true],
    ['rxexample.com/a', 'r.example.com', false],
  ])('%s with key %s: %s', (image, key, expected) => {
    expect(matchingCredentials(image, [keyed(key)])).toHaveLength(expected ? 1 : 0);
  });

  test('the most specific comes first, equals keep their order', () => {
    const all = ['r.io', 'r.io/a/b', 'r.io/a', 'https://r.io'].map(keyed);
    expect(matchingCredentials('r.io/a/b/c', all).map(({ serverAddress }) => serverAddress)).toEqual([
      'r.io/a/b',
      'r.io/a',
      'r.io',
      'https://r.io',
    ]);
  });
});
