import { describe, expect, test } from '@jest/globals';
import {
  answerError,
  cloudProfiles,
  errorText,
  formatResource,
  isNotFound,
  MutableCloudLink,
  parseResource,
} from '../src/index.js';

describe('resources', () => {
  test.each([
    ['default/pod/a', { namespace: 'default', type: 'pod', name: 'a' }],
    ['default/podstatus', { namespace: 'default', type: 'podstatus', name: '' }],
    ['null/node/n', { namespace: 'null', type: 'node', name: 'n' }],
  ])('%s', (text, parsed) => {
    expect(parseResource(text)).toEqual(parsed);
    expect(formatResource(parsed.namespace, parsed.type, parsed.name)).toBe(text);
  });

  test.each(['a', '', 'a/b/c/d', '/pod/a', 'default//a', 'default/pod/'])('%p is refused by name', (text) => {
    expect(() => parseResource(text)).toThrow(`resource "${text}"`);
  });
});

describe('answerError', () => {
  test.each([
    [{ ErrStatus: { reason: 'NotFound', code: 404, message: 'gone' } }, 'NotFound', 404],
    [{ Object: null, Err: { ErrStatus: { reason: 'Conflict', code: 409 } } }, 'Conflict', 409],
    [{ Object: { metadata: {} }, Err: {} }, 'Unknown', 500],
    [{}, 'Unknown', 500],
  ])('%j is an error', (content, reason, status) => {
    const error = answerError(content);
    expect(error).toMatchObject({ code: 'ERR_KUBE_STATUS', reason, status });
    expect(isNotFound(error)).toBe(reason === 'NotFound');
  });

  test.each([
    ['OK'],
    [{ metadata: { name: 'a' } }],
    [{ Object: { metadata: { name: 'a' } }, Err: null }],
    [null],
    [[]],
  ])('%j is none', (content) => expect(answerError(content)).toBeUndefined());
});

test('errorText tells the whole chain', () => {
  const error = new Error('cannot dial', { cause: new Error('connect ECONNREFUSED') });
  expect(errorText(error)).toBe('cannot dial: connect ECONNREFUSED');
  expect(errorText('plain')).toBe('plain');
});

describe('MutableCloudLink', () => {
  test('tells listeners of changes only, until they leave', () => {
    const link = new MutableCloudLink();
    const seen: unknown[] = [];
    const leave = link.onChange(({ connected, profile }) => seen.push([connected, profile?.name]));
    link.set({ connected: true });
    link.set({ connected: true });
    link.set({ profile: cloudProfiles.current });
    leave();
    link.set({ connected: false });
    expect(seen).toEqual([
      [true, undefined],
      [true, 'current'],
    ]);
  });

  test('whenProfile waits for the decision or the abort', async () => {
    const link = new MutableCloudLink();
    const abort = new AbortController();
    const aborted = link.whenProfile(abort.signal);
    const decided = link.whenProfile();
    abort.abort(new Error('stopping'));
    await expect(aborted).rejects.toThrow('stopping');
    link.set({ profile: cloudProfiles['2020'] });
    await expect(decided).resolves.toBe(cloudProfiles['2020']);
    await expect(link.whenProfile(abort.signal)).resolves.toBe(cloudProfiles['2020']);
  });
});
