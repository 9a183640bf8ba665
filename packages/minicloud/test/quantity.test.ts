import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalQuantity } from '../src/objects/quantity.js';

describe('quantities', () => {
  test.each([
    ['1024Mi', '1Gi'],
    ['1000Mi', '1000Mi'],
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1.5Gi', '1536Mi'],
    ['0.1Ki', '0.1Ki'],
    ['-1024Mi', '-1Gi'],
    ['2', '2'],
    ['2000', '2k'],
    ['0', '0'],
    ['110', '110'],
    ['0.0001', '0.0001'],
    ['abc', 'abc'],
  ])('%s is written %s', (given, canonical) => {
    expect(canonicalQuantity(given)).toBe(canonical);
  });

  const POWER: Readonly<Record<string, number>> = {
    m: 1e-3,
    '': 1,
    k: 1e3,
    M: 1e6,
    G: 1e9,
    Ki: 1024,
    Mi: 1024 ** 2,
    Gi: 1024 ** 3,
    Ti: 1024 ** 4,
  };
  const value = (text: string) => {
    const [, number, suffix] = /^(\d+)(\D*)$/.exec(text)!;
    return Number(number) * POWER[suffix!]!;
  };

  test('the value stays the same and writing it again changes nothing', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.constantFrom('m', '', 'k', 'Ki', 'Mi'),
        (number, suffix) => {
          const canonical = canonicalQuantity(`${number}${suffix}`);
          expect(value(canonical)).toBeCloseTo(value(`${number}${suffix}`), 6);
          expect(canonicalQuantity(canonical)).toBe(canonical);
        },
      ),
    );
  });
});
