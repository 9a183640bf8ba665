import { type CollectedLine, collectingLogger } from '@edgecore/testing';
import { expect, jest, test } from '@jest/globals';
import { TroubleLog } from '../src/index.js';

function rig() {
  const lines: CollectedLine[] = [];
  const at = { now: 5 };
  return { lines, at, trouble: new TroubleLog(collectingLogger(lines, 'debug'), () => at.now) };
}

test('tells the first at once, then one a minute with the number of those between', () => {
  const { lines, at, trouble } = rig();
  for (const now of [5, 6, 60_004, 60_005, 60_006, 200_000]) {
    at.now = now;
    trouble.warn({ now }, 'bad');
  }
  expect(lines.map(({ level, fields }) => ({ level, ...fields }))).toEqual([
    { level: 'warn', now: 5 },
    { level: 'debug', now: 6 },
    { level: 'debug', now: 60_004 },
    { level: 'warn', now: 60_005, notTold: 2 },
    { level: 'debug', now: 60_006 },
    { level: 'warn', now: 200_000, notTold: 1 },
  ]);
});

test('tells the next at once when the trouble was over', () => {
  const { lines, trouble } = rig();
  trouble.warn({}, 'bad');
  trouble.warn({}, 'bad');
  trouble.over();
  trouble.warn({}, 'bad again');
  expect(lines.map(({ level, fields, text }) => [level, fields, text]).at(-1)).toEqual([
    'warn',
    {},
    'bad again',
  ]);
});

test('counts by a clock that a change of the date does not move', () => {
  const lines: CollectedLine[] = [];
  const trouble = new TroubleLog(collectingLogger(lines));
  const date = jest.spyOn(Date, 'now').mockReturnValue(0);
  trouble.warn({}, 'bad');
  date.mockReturnValue(56 * 365 * 86_400_000);
  trouble.warn({}, 'bad');
  date.mockRestore();
  expect(lines).toHaveLength(1);
});
