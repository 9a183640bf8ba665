import { expect, jest, test } from '@jest/globals';

test('the package is used without loading mqtt, until a mapper starts', async () => {
  const loaded: string[] = [];
  jest.unstable_mockModule('mqtt', () => {
    loaded.push('mqtt');
    throw new Error('not installed');
  });
  const { createMapper } = await import('../../src/index.js');
  const mapper = createMapper({ broker: 'mqtt://127.0.0.1:1', deviceId: 'a/b', properties: {} });
  expect(loaded).toEqual([]);
  await expect(mapper.start()).rejects.toThrow('not installed');
  expect(loaded).toEqual(['mqtt']);
});
