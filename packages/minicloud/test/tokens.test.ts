import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { generateKey } from '../src/pki/crypto.js';
import { createJoinToken } from '../src/pki/join-token.js';
import { signHs256, verifyHmac } from '../src/pki/jwt.js';
import { issueAccountToken } from '../src/pki/service-account-token.js';

const key = Buffer.from('test-key');

test('the join token of the specification, byte for byte', () => {
  const token = createJoinToken({ caDer: Buffer.from('test-ca'), keyDer: key, expiresAtMs: 4102444800_000 });
  expect(token).toBe(
    'beea6f7606d489f5dceef3a798c56fa6ce5e8bca40e374e55004354c94e62b9d.eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjQxMDI0NDQ4MDB9.Sa5W9u1G34ApPmqYUDS8ZhTcRVAggqE-6I-8-iSD7Vo',
  );
});

describe('verification', () => {
  const valid = signHs256({ exp: 2000 }, key);

  test('a valid token gives its claims', () =>
    expect(verifyHmac(valid, key, 1_999_000)).toEqual({ exp: 2000 }));

  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`;
  test.each<[string, string, Buffer, number, RegExp]>([
    ['expired', valid, key, 2_000_000, /token is expired/],
    ['of another key', valid, Buffer.from('other'), 0, /signature is invalid/],
    ['unsigned', none, key, 0, /unexpected signing method/],
    ['of two parts', 'a.b', key, 0, /invalid number of segments/],
    ['of no JSON', 'aaa.bbb.ccc', key, 0, /could not JSON decode header: invalid character 'i'/],
    ['of a list', `${Buffer.from('[]').toString('base64url')}.e30.x`, key, 0, /not an object/],
    ['with its tail cut off', valid.slice(0, -4), key, 0, /signature is invalid/],
  ])('a token %s is refused', (_what, token, secret, now, message) => {
    expect(() => verifyHmac(token, secret, now)).toThrow(message);
  });
});

test('a service account token says whose it is, for whom and how long', async () => {
  const signing = await generateKey();
  const spec = {
    audiences: ['a'],
    expirationSeconds: 3607,
    boundObjectRef: { kind: 'Pod', name: 'p', uid: 'u' },
  };
  const answer = issueAccountToken({ key: signing, namespace: 'ns', account: 'sa', spec, nowMs: 1_000_000 });
  expect(answer).toMatchObject({
    kind: 'TokenRequest',
    spec: { audiences: ['a'], expirationSeconds: 3607 },
    status: { expirationTimestamp: '1970-01-01T01:16:47Z' },
  });
  const [head, body, signature] = answer.status.token.split('.') as [string, string, string];
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
  expect(claims).toMatchObject({
    sub: 'system:serviceaccount:ns:sa',
    aud: ['a'],
    iat: 1000,
    exp: 4607,
    'kubernetes.io': { namespace: 'ns', pod: { name: 'p', uid: 'u' } },
  });
  const signed = verify(
    'sha256',
    Buffer.from(`${head}.${body}`),
    { key: createPublicKey(signing.private), dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  expect(signed).toBe(true);
  const fallback = issueAccountToken({ key: signing, namespace: 'ns', account: 'sa', spec: null, nowMs: 0 });
  expect(fallback.spec).toMatchObject({ expirationSeconds: 3600 });
  expect(fallback.spec.audiences).toHaveLength(1);
});
