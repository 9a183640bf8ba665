import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseImageReference } from '../src/index.js';

const DIGEST = `sha256:${'a1'.repeat(32)}`;

describe('names that are references', () => {
  test.each([
    ['busybox', 'docker.io', 'library/busybox', undefined, 'busybox:latest'],
    ['busybox:1.36', 'docker.io', 'library/busybox', '1.36', 'busybox:1.36'],
    ['kubeedge/pause:3.1', 'docker.io', 'kubeedge/pause', '3.1', 'kubeedge/pause:3.1'],
    ['localhost/x', 'localhost', 'x', undefined, 'localhost/x:latest'],
    ['127.0.0.1:5000/a/b', '127.0.0.1:5000', 'a/b', undefined, '127.0.0.1:5000/a/b:latest'],
    ['[::1]:5000/a', '[::1]:5000', 'a', undefined, '[::1]:5000/a:latest'],
    [
      'Registry.example.com/a__b-c.d',
      'Registry.example.com',
      'a__b-c.d',
      undefined,
      'Registry.example.com/a__b-c.d:latest',
    ],
    ['host:5000', 'docker.io', 'library/host', '5000', 'host:5000'],
    ['a.b/c:V_1.x', 'a.b', 'c', 'V_1.x', 'a.b/c:V_1.x'],
  ])('%s', (image, registry, repository, tag, full) => {
    expect(parseImageReference(image)).toEqual({ registry, repository, ...(tag ? { tag } : {}), full });
  });

  test('a digest needs no tag and gets none', () => {
    expect(parseImageReference(`busybox@${DIGEST}`)).toMatchObject({
      digest: DIGEST,
      full: `busybox@${DIGEST}`,
    });
    expect(parseImageReference(`busybox:1@${DIGEST}`)).toMatchObject({ tag: '1', digest: DIGEST });
  });

  test('whatever is put together from valid parts is read back', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:[._]|__|-{1,3})[a-z0-9]{1,8}){0,2}$/);
    const registry = fc.option(fc.constantFrom('reg.example.com', 'localhost', 'r:5000', '10.0.0.1:80'), {
      nil: undefined,
    });
    const tag = fc.option(fc.stringMatching(/^[\w][\w.-]{0,20}$/), { nil: undefined });
    fc.assert(
      fc.property(registry, fc.array(part, { minLength: 2, maxLength: 4 }), tag, (host, parts, label) => {
        fc.pre(host !== undefined || !/[.:]/.test(parts[0]!));
        const name = [...(host ? [host] : []), ...parts].join('/') + (label ? `:${label}` : '');
        const parsed = parseImageReference(name);
        expect(parsed.repository).toBe(parts.join('/'));
        expect(parsed.registry).toBe(host ?? 'docker.io');
        expect(parsed.tag).toBe(label);
      }),
    );
  });
});

describe('names that are not', () => {
  test.each([
    'A B',
    '',
    ':1',
    'a:',
    'a@sha256:short',
    'a//b',
    '/a',
    'a/',
    '-a',
    'a_',
    'a___b',
    'x:y:z',
    'ä',
    '\n',
    'a b/c',
    'http://a/b',
    'a.b:c/d',
  ])('refuses %j with the text people know from kubelet', (image) => {
    expect(() => parseImageReference(image)).toThrow(
      `Failed to apply default image tag "${image}": couldn't parse image reference "${image}": invalid reference format`,
    );
  });

  test('says what is wrong with capitals, length and ids', () => {
    expect(() => parseImageReference('library/Busybox')).toThrow('repository name must be lowercase');
    expect(() => parseImageReference(`r.io/${'a'.repeat(255)}`)).toThrow(
      'must not be more than 255 characters',
    );
    expect(() => parseImageReference('ab'.repeat(32))).toThrow('cannot specify 64-byte hexadecimal strings');
  });

  test('any text is either read or refused with the typed error', () => {
    fc.assert(
      fc.property(fc.string(), (image) => {
        try {
          expect(parseImageReference(image).full.startsWith(image)).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_INVALID_IMAGE_NAME' });
        }
      }),
    );
  });
});
