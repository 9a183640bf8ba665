import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ReportQueue } from '../../src/mapper/report-queue.js';
import { formatValue, parseValue } from '../../src/mapper/values.js';

test('a value comes back as it was, and the agent takes its text', () => {
  const cases = fc.oneof(
    fc.tuple(fc.constant('int' as const), fc.maxSafeInteger()),
    fc.tuple(fc.constant('float' as const), fc.double({ noNaN: true, noDefaultInfinity: true })),
    fc.tuple(fc.constant('boolean' as const), fc.boolean()),
    fc.tuple(fc.constant('string' as const), fc.stringMatching(/^[a-zA-Z0-9\-_.,:/@#]{0,512}$/)),
  );
  fc.assert(
    fc.property(cases, ([type, value]) => {
      const text = formatValue('p', type, value);
      expect(text).toMatch(/^[a-zA-Z0-9\-_.,:/@#]{0,512}$/);
      const back = parseValue('p', type, text);
      expect(back === value || (back === 0 && value === 0)).toBe(true);
    }),
  );
});

test.each([
  ['int', '1.5'],
  ['int', ''],
  ['int', '9007199254740993'],
  ['float', 'inf'],
  ['float', '1e400'],
  ['float', ''],
  ['boolean', 'True'],
] as const)('no %s: %j', (type, text) => {
  expect(() => parseValue('p', type, text)).toThrow('p: the wanted value');
});

test.each(['a b', 'x'.repeat(513), 'ä', '"'])('the agent would not take %j', (value) => {
  expect(() => formatValue('p', 'string', value)).toThrow('p: the agent takes at most 512');
});

test('whatever happens, each last value is confirmed once, or refused alone', () => {
  const step = fc.oneof(
    fc.record({ add: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2', 'bad')) }),
    fc.constant('lost' as const),
    fc.constant('answer' as const),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      let id = 0;
      const queue = new ReportQueue(() => String(id++));
      const last: Record<string, string> = {};
      const stored: Record<string, string> = {};
      const given = new Set<string>();
      const answer = () => {
        const batch = queue.next() ?? queue.sent;
        if (!batch) return;
        if (Object.values(batch.values).includes('bad'))
          for (const name of queue.refused()) given.add(`${name}=bad`);
        else {
          Object.assign(stored, batch.values);
          queue.confirmed();
        }
      };
      for (const step of steps) {
        if (step === 'answer') answer();
        else if (step === 'lost') queue.failed();
        else {
          queue.add(step.add);
          Object.assign(last, step.add);
        }
      }
      for (let round = 0; round < 20 && !queue.empty; round++) answer();
      expect(queue.empty).toBe(true);
      for (const [name, value] of Object.entries(last)) {
        if (value === 'bad') expect(given).toContain(`${name}=bad`);
        else expect(stored[name]).toBe(value);
      }
    }),
  );
});
