import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseQuantity, quantityMilliValue, quantityValue } from '../../src/resources/quantity.js';

test.each([
  ['0', 0],
  ['100m', 1],
  ['1500m', 2],
  ['1', 1],
  ['0.5', 1],
  ['.5', 1],
  ['2.', 2],
  ['1k', 1000],
  ['1Ki', 1024],
  ['1.5Gi', 1_610_612_736],
  ['64Mi', 67_108_864],
  ['1e3', 1000],
  ['1E3', 1000],
  ['12E-1', 2],
  ['1E', 1e18],
  ['100n', 1],
  ['+3', 3],
])('%s is %d, rounded up', (text, value) => {
  expect(quantityValue(text)).toBe(value);
});

test.each([
  ['250m', 250],
  ['0.1', 100],
  ['1', 1000],
  ['1u', 1],
])('%s is %d thousandths', (text, value) => {
  expect(quantityMilliValue(text)).toBe(value);
});

test.each(['', 'x', '1X', '1 Mi', '--1', '1e', 'Mi', '.', '1ee3'])('"%s" is no quantity', (text) => {
  expect(() => parseQuantity(text)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_QUANTITY' }));
});

test('decimal suffixes multiply exactly', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.constantFrom('k', 'M', 'G', 'Ki', 'Mi', 'Gi'), (number, suffix) => {
      const unit = suffix.endsWith('i') ? 1024n : 1000n;
      const power = BigInt('kMG'.indexOf(suffix[0]!.toLowerCase() === 'k' ? 'k' : suffix[0]!) + 1);
      expect(parseQuantity(`${number}${suffix}`)).toBe(BigInt(number) * unit ** power * 1_000_000_000n);
    }),
  );
});
