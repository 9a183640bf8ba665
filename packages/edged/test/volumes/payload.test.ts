import { describe, expect, test } from '@jest/globals';
import { configMapData, payloadOf, relativePath, secretData } from '../../src/volumes/payload.js';

const data = new Map([
  ['a', Buffer.from('1')],
  ['b', Buffer.from('2')],
]);

describe('payload of an object (edged.md §7.2)', () => {
  test('all keys with the default mode', () => {
    const payload = payloadOf(data, { kind: 'configmap', defaultMode: 0o600 });
    expect([...payload]).toEqual([
      ['a', { data: Buffer.from('1'), mode: 0o600 }],
      ['b', { data: Buffer.from('2'), mode: 0o600 }],
    ]);
    expect(payloadOf(data, { kind: 'secret' }).get('a')?.mode).toBe(0o644);
  });

  test('items choose, rename and set modes', () => {
    const items = [{ key: 'b', path: 'dir//file', mode: 0o400 }];
    expect([...payloadOf(data, { kind: 'configmap', items })]).toEqual([
      ['dir/file', { data: Buffer.from('2'), mode: 0o400 }],
    ]);
  });

  test('a missing key', () => {
    const items = [{ key: 'k', path: 'k' }];
    expect(() => payloadOf(data, { kind: 'configmap', items })).toThrow(
      'references non-existent config key: k',
    );
    expect(() => payloadOf(data, { kind: 'secret', items })).toThrow('references non-existent secret key: k');
    expect(payloadOf(data, { kind: 'secret', items, optional: true }).size).toBe(0);
  });

  test('bytes: text, binary, base64', () => {
    const bytes = Buffer.from([0, 255]);
    expect(configMapData({ data: { t: 'é' }, binaryData: { b: bytes.toString('base64') } })).toEqual(
      new Map([
        ['t', Buffer.from('é')],
        ['b', bytes],
      ]),
    );
    expect(secretData({ data: { s: bytes.toString('base64') } }).get('s')).toEqual(bytes);
  });

  test.each(['/abs', '../x', 'a/../b', '', '.', '..data', '..x/y'])('path "%s" is refused', (path) => {
    expect(() => relativePath(path)).toThrow(expect.objectContaining({ code: 'ERR_VOLUME' }));
  });
});
