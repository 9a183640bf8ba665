import { describe, expect, test } from '@jest/globals';
import { FIXED_FILTERS, Routes } from '../src/topics/routes.js';
import { filterProblem, topicProblem } from '../src/topics/validate.js';

describe('topics to publish to', () => {
  test.each(['a', '/', '$hw/events/x', 'a b', 'ä/ö', 'x'.repeat(65_535)])('%.20s is one', (topic) => {
    expect(topicProblem(topic)).toBeUndefined();
  });

  test.each(['', 'a/+', '#', 'a\0b', 'x'.repeat(65_536), 'ä'.repeat(32_768), '/'.repeat(100)])(
    '%.20s is none',
    (topic) => {
      expect(topicProblem(topic)).toBeDefined();
    },
  );
});

describe('filters', () => {
  test.each(['#', '+', 'a/+/b', 'a/#', '/', '+/+', '$hw/#'])('%s is one', (filter) => {
    expect(filterProblem(filter)).toBeUndefined();
  });

  test.each(['', 'a#', '#/a', 'a/#/b', 'a+', 'a/b+/c', '\0'])('%s is none', (filter) => {
    expect(filterProblem(filter)).toBeDefined();
  });
});

describe('routes', () => {
  test('the eight fixed filters are those of both clouds', () => {
    expect(FIXED_FILTERS).toHaveLength(8);
  });

  test.each([
    ['$hw/events/device/d1/twin/update', 'twin'],
    ['$hw/events/device/ns/d1/twin/get', 'twin'],
    ['$hw/events/node/any/membership/get', 'twin'],
    ['$hw/events/upload/a/b', 'cloud'],
    ['SYS/dis/upload_records', 'cloud'],
    ['edge1/user/a', 'cloud'],
    ['$hw/events/device/ns/d1/twin/update/result', undefined],
    ['$hw/events/device/d1/twin/update/delta', undefined],
    ['$hw/events/node/edge1/membership/get/result', undefined],
    ['$hw/user/a', undefined],
    ['other', undefined],
  ])('%s goes to %s', (topic, to) => {
    const routes = new Routes();
    expect(routes.of(topic)?.to).toBe(to);
    // Remembered answers are the same.
    expect(routes.of(topic)?.to).toBe(to);
  });

  test('rules of the cloud come and go, the fixed filters stay', () => {
    const routes = new Routes();
    expect(routes.of('default/test')).toBeUndefined();
    routes.add('default/+');
    expect(routes.of('default/test')).toEqual({ to: 'cloud', resource: 'default/test' });
    routes.remove('default/+');
    routes.remove('SYS/dis/upload_records');
    expect(routes.of('default/test')).toBeUndefined();
    expect(routes.of('SYS/dis/upload_records')?.to).toBe('cloud');
  });

  test('a rule on a device topic: it goes to devicetwin, and only there', () => {
    const routes = new Routes();
    routes.add('$hw/events/device/#');
    expect(routes.of('$hw/events/device/a/b/c/d')?.to).toBe('twin');
  });

  test('topics a client makes up do not fill the memory', () => {
    const routes = new Routes();
    for (let n = 0; n < 20_000; n += 1) routes.of(`made/up/${n}`);
    expect(routes.known).toBeLessThanOrEqual(4096);
  });
});
