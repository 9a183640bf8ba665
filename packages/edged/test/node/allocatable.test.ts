import { expect, test } from '@jest/globals';
import { resourceValue } from '../../src/env/resource-field-ref.js';
import type { Pod } from '../../src/kube-types.js';
import { nodeAllocatable } from '../../src/node/allocatable.js';
import { container } from '../support/builders.js';
import { FakeHost } from '../support/fake-host.js';

const thresholds = { 'memory.available': '100Mi', 'nodefs.available': '1%' };
const options = { rootDirectory: '/', thresholds };

test.each([
  ['modern', '24581684Ki'],
  ['legacy', '24005Mi'],
] as const)('a missing limit is what the node reports as allocatable: %s', async (dialect, memory) => {
  const allocatable = await nodeAllocatable(new FakeHost(), { ...options, dialect });
  expect(allocatable).toMatchObject({ cpu: '2', memory });
  const pod = { spec: { containers: [] } } as unknown as Pod;
  const value = (resource: string) => resourceValue(pod, container('c'), { resource }, allocatable);
  expect(value('limits.cpu')).toBe('2');
  const [amount, unit] = [Number.parseInt(memory, 10), dialect === 'modern' ? 1024 : 1024 ** 2];
  expect(value('limits.memory')).toBe(String(amount * unit));
});
