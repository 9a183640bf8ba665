import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { htmlSafeJson } from '../src/index.js';

test('writes what Go escapes for the sake of HTML as Go does, in names as in values', () => {
  expect(htmlSafeJson({ 'a&b': '<i>', lines: ['\u2028', '\u2029'] })).toBe(
    '{"a\\u0026b":"\\u003ci\\u003e","lines":["\\u2028","\\u2029"]}',
  );
});

test('leaves everything else as it is', () => {
  expect(htmlSafeJson({ text: '\\u003c "é" \u007f \n', none: null, n: 1.5 })).toBe(
    '{"text":"\\\\u003c \\"é\\" \u007f \\n","none":null,"n":1.5}',
  );
});

test('keeps what it says, and never has a character that matters in HTML', () => {
  const text = fc.string({
    unit: fc.constantFrom('<', '>', '&', '\u2028', '\u2029', '\\', '"', 'u', '0', 'é'),
  });
  fc.assert(
    fc.property(fc.dictionary(text, fc.oneof(text, fc.jsonValue())), (value) => {
      const json = htmlSafeJson(value);
      expect(json).not.toMatch(/[<>&\u2028\u2029]/);
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
