import { codeName, GrpcCode, goCodeName } from '@edgecore/grpc';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeStatusText, encodeStatusText } from '../src/status-text.js';
import { readTimeout, writeTimeout } from '../src/timeout.js';

describe('words on the wire', () => {
  test('any text comes through a header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const encoded = encodeStatusText(text);
        expect(encoded).toMatch(/^[ -~]*$/);
        expect(decodeStatusText(encoded)).toBe(text);
      }),
    );
    expect(encodeStatusText('100 %\n')).toBe('100 %25%0A');
    expect(decodeStatusText('100 %')).toBe('100 %');
    expect(encodeStatusText('x'.repeat(5000))).toHaveLength(1024);
  });

  test.each([
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3000],
    ['4m', 4],
    ['5u', 0.005],
    ['99999999n', 99.999999],
  ])('the deadline %s is %d ms', (header, ms) => {
    expect(readTimeout(header)).toBeCloseTo(ms, 9);
  });

  test.each(['', 'S', '1', '123456789S', '-1S', '1.5S', '1s'])('the deadline %j is none', (header) => {
    expect(() => readTimeout(header)).toThrow('malformed grpc-timeout');
  });

  test.each([
    [0, '1m'],
    [1.2, '2m'],
    [99_999_999, '99999999m'],
    [100_000_001, '100001S'],
    [Number.MAX_SAFE_INTEGER, '99999999S'],
  ])('%d ms are written %s', (ms, header) => {
    expect(writeTimeout(ms)).toBe(header);
  });

  test('codes by name, as gRPC and as Go write them', () => {
    expect([0, 1, 5, 16, 17].map(codeName)).toEqual([
      'OK',
      'CANCELLED',
      'NOT_FOUND',
      'UNAUTHENTICATED',
      'CODE_17',
    ]);
    expect([0, 1, 5, 8, 99].map(goCodeName)).toEqual([
      'OK',
      'Canceled',
      'NotFound',
      'ResourceExhausted',
      'Code(99)',
    ]);
    expect(Object.values(GrpcCode)).toEqual(Array.from({ length: 17 }, (_, code) => code));
  });
});
