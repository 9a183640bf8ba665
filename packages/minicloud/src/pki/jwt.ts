import { createHmac, timingSafeEqual } from 'node:crypto';
import { isRecord } from '@edgecore/api';
import { jsonProblem } from '../json-problem.js';

const HMAC_ALGORITHMS: Readonly<Record<string, string>> = {
  HS256: 'sha256',
  HS384: 'sha384',
  HS512: 'sha512',
};

/** A JSON Web Token signed with HMAC-SHA256. */
export function signHs256(claims: object, key: Uint8Array): string {
  const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`;
}

/**
 * Checks signature (any HMAC, as upstream) and expiry.
 *
 * @throws {Error} with the words of upstream's JWT library.
 */
export function verifyHmac(token: string, key: Uint8Array, nowMs: number): Record<string, unknown> {
  const parts = token.split('.');
  if (parts.length !== 3) throw new Error('token is malformed: token contains an invalid number of segments');
  const [head, body, signature] = parts as [string, string, string];
  const header = decode(head, 'header');
  const claims = decode(body, 'claim');
  const hash = typeof header['alg'] === 'string' ? HMAC_ALGORITHMS[header['alg']] : undefined;
  if (!hash)
    throw new Error('token is unverifiable: error while executing keyfunc: unexpected signing method');
  const expected = createHmac(hash, key).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature, 'base64url');
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) {
    throw new Error('token signature is invalid: signature is invalid');
  }
  const expiry = claims['exp'];
  if (typeof expiry === 'number' && expiry * 1000 <= nowMs) {
    throw new Error('token has invalid claims: token is expired');
  }
  return claims;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string, what: string): Record<string, unknown> {
  const text = Buffer.from(part, 'base64url').toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`token is malformed: could not JSON decode ${what}: ${jsonProblem(text)}`);
  }
  if (!isRecord(value)) throw new Error(`token is malformed: could not JSON decode ${what}: not an object`);
  return value;
}
