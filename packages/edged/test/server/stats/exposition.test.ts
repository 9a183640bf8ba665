import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exposition } from '../../../src/server/stats/exposition.js';
import { parseExposition } from '../../support/parse-exposition.js';

const families = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('a_bytes', 'b_seconds', 'c_info'),
    help: fc.constant('Some help.'),
    type: fc.constant('gauge' as const),
    figures: fc.uniqueArray(
      fc.record(
        {
          labels: fc.dictionary(fc.constantFrom('pod', 'id', 'image'), fc.string({ unit: 'grapheme' }), {
            minKeys: 1,
          }),
          value: fc.double({ noNaN: true, noDefaultInfinity: true }),
          time: fc.integer({ min: 1, max: 2 ** 45 }),
        },
        { requiredKeys: ['labels', 'value'] },
      ),
      { minLength: 1, maxLength: 5, selector: ({ labels }) => JSON.stringify(Object.entries(labels).sort()) },
    ),
  }),
  { selector: ({ name }) => name },
);

describe('exposition', () => {
  test('what is written is read again, whatever is in a label', () => {
    fc.assert(
      fc.property(families, (all) => {
        const text = exposition(all);
        if (all.length === 0) return expect(text).toBe('');
        const parsed = [...parseExposition(text)];
        expect(parsed.map(([name, { type, series }]) => ({ name, type, series }))).toEqual(
          all.map(({ name, type, figures }) => ({
            name,
            type,
            series: figures.map(({ labels, value, time }) => ({
              name,
              labels: { ...labels },
              // Prometheus knows no negative zero of its own.
              value: value === 0 ? expect.closeTo(0) : value,
              time,
            })),
          })),
        );
      }),
    );
  });

  test('labels are sorted, families without figures left out', () => {
    expect(
      exposition([
        { name: 'none', help: 'x', type: 'gauge', figures: [] },
        {
          name: 'a_total',
          help: 'x',
          type: 'counter',
          figures: [{ labels: { pod: 'p', cpu: 'total' }, value: 1 }],
        },
      ]),
    ).toBe('# HELP a_total x\n# TYPE a_total counter\na_total{cpu="total",pod="p"} 1\n');
  });

  test.each([
    ['no end', '# HELP a x\n# TYPE a gauge\na 1'],
    ['no type', 'a 1\n'],
    ['a family twice', '# HELP a x\n# TYPE a gauge\na 1\n# HELP a x\n# TYPE a gauge\na{b="1"} 1\n'],
    ['a series twice', '# HELP a x\n# TYPE a gauge\na{b="1",c="2"} 1\na{c="2",b="1"} 1\n'],
    ['a bare quote', '# HELP a x\n# TYPE a gauge\na{b="""} 1\n'],
    ['a comma too many', '# HELP a x\n# TYPE a gauge\na{b="1",} 1\n'],
    ['a counter named as a gauge', '# HELP a x\n# TYPE a counter\na 1\n'],
    ['undefined', '# HELP a x\n# TYPE a gauge\na undefined\n'],
    ['a broken time', '# HELP a x\n# TYPE a gauge\na 1 1.5\n'],
  ])('the parser of these tests refuses %s', (_name, text) => {
    expect(() => parseExposition(text)).toThrow();
  });
});
