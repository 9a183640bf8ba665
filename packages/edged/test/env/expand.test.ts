import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { expand } from '../../src/env/expand.js';

const known = (name: string) => ({ A: 'x', B: '$(A)' })[name];

test.each([
  ['$(A)', 'x'],
  ['$(A)-$(NO)-$$(A)', 'x-$(NO)-$(A)'],
  ['$(B)', '$(A)'],
  ['$$', '$'],
  ['$$$(A)', '$x'],
  ['$$$$(A)', '$$(A)'],
  ['$A', '$A'],
  ['$', '$'],
  ['a$', 'a$'],
  ['$(A', '$(A'],
  ['$()', '$()'],
  ['$($(A))', '$($(A))'],
  ['', ''],
])('%s', (text, expected) => {
  expect(expand(text, known)).toBe(expected);
});

test('text without a dollar stays, doubled dollars halve', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(expand(text.replaceAll('$', '$$$$'), () => 'never')).toBe(text);
    }),
  );
});
