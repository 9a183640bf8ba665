import { describe, expect, test } from '@jest/globals';
import { caHashOf, parseToken } from '../src/certificates/token.js';
import { currentToken } from '../src/certificates/token-source.js';

// edgehub.md §3.1
const VECTOR =
  'beea6f7606d489f5dceef3a798c56fa6ce5e8bca40e374e55004354c94e62b9d.eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjQxMDI0NDQ4MDB9.Sa5W9u1G34ApPmqYUDS8ZhTcRVAggqE-6I-8-iSD7Vo';

describe('token (edgehub.md §11.5)', () => {
  test('the vector matches the CA it was made for and no other', () => {
    const { caHash, bearer } = parseToken(` ${VECTOR}\n`);
    expect(caHash).toBe(caHashOf(Buffer.from('test-ca')));
    expect(caHash).not.toBe(caHashOf(Buffer.from('test-cb')));
    expect(bearer.split('.')).toHaveLength(3);
    expect(`${caHash}.${bearer}`).toBe(VECTOR);
  });

  test('an upper-case hash is the same hash', () => {
    expect(parseToken(VECTOR.replace(/^[0-9a-f]+/, (hash) => hash.toUpperCase())).caHash).toBe(
      VECTOR.slice(0, 64),
    );
  });

  // An empty hash would accept an empty CA (the 2020 quirk).
  test.each(['', '.', '...', '.a.b.c', 'a.b.c', `${VECTOR}.x`, VECTOR.slice(1)])('%j is refused', (text) => {
    expect(() => parseToken(text)).toThrow(expect.objectContaining({ code: 'ERR_TOKEN', fatal: true }));
  });
});

test.each([
  [undefined, undefined],
  ['', undefined],
  [' a ', 'a'],
  [() => undefined, undefined],
  [() => ' \n', undefined],
  [async () => 'b\n', 'b'],
])('currentToken(%p)', async (source, token) => {
  expect(await currentToken(source)).toBe(token);
});
