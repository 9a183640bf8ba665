import { describe, expect, test } from '@jest/globals';
import {
  containerResources,
  cpuQuota,
  cpuShares,
  oomScoreAdj,
} from '../../src/resources/container-resources.js';
import { qosClass } from '../../src/resources/qos.js';
import { container, pod } from '../support/builders.js';

type Resources = { requests?: Record<string, string>; limits?: Record<string, string> };
const GI = 2 ** 30;
const one = (resources: Resources) => pod({ containers: [container('c', { resources })] });

describe('numbers of edged.md §6.5', () => {
  test.each([
    [100, 102],
    [250, 256],
    [0, 2],
    [1, 2],
    [1_000_000, 262_144],
  ])('%d mCPU: %d shares', (milli, shares) => expect(cpuShares(milli)).toBe(shares));

  test.each([
    [500, 50_000],
    [1, 1000],
    [2000, 200_000],
  ])('%d mCPU: quota %d', (milli, quota) => expect(cpuQuota(milli)).toBe(quota));

  test.each([
    ['best effort', {}, 1000],
    ['1 of 4 GiB', { requests: { memory: '1Gi' } }, 750],
    ['nearly all', { requests: { memory: '4Gi' } }, 3],
    ['hardly any', { requests: { memory: '1' }, limits: { cpu: '1' } }, 999],
    ['only a limit', { limits: { memory: '2Gi' } }, 500],
    ['guaranteed', { limits: { cpu: '1', memory: '1Gi' } }, -997],
  ])('OOM score, %s', (_name, resources: Resources, score) => {
    const object = one(resources);
    expect(oomScoreAdj(object, object.spec.containers[0]!, 4 * GI)).toBe(score);
  });

  test('node-critical pods are killed last', () => {
    const object = pod({ priority: 2_000_001_000 });
    expect(oomScoreAdj(object, object.spec.containers[0]!, GI)).toBe(-997);
  });

  test('all together; the quota only when asked for', () => {
    const object = one({ requests: { cpu: '250m' }, limits: { cpu: '500m', memory: '128Mi' } });
    const resources = (quota: boolean) =>
      containerResources(object, object.spec.containers[0]!, { nodeMemoryBytes: 4 * GI, cpuQuota: quota });
    expect(resources(true)).toEqual({
      cpuShares: 256,
      cpuPeriod: 100_000,
      cpuQuota: 50_000,
      memoryLimitBytes: 134_217_728,
      oomScoreAdj: 969,
    });
    expect(resources(false)).not.toHaveProperty('cpuQuota');
  });
});

describe('QoS class', () => {
  test.each([
    ['BestEffort', {}],
    ['BestEffort', { requests: { cpu: '0' } }],
    ['BestEffort', { limits: { 'nvidia.com/gpu': '1' } }],
    ['Burstable', { requests: { cpu: '1' } }],
    ['Burstable', { limits: { cpu: '1' } }],
    ['Burstable', { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '512Mi' } }],
    ['Guaranteed', { limits: { cpu: '1', memory: '1Gi' } }],
    ['Guaranteed', { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1024Mi' } }],
  ])('%s: %j', (expected, resources) => {
    expect(qosClass(one(resources as Resources).spec)).toBe(expected);
  });

  test('init containers count', () => {
    const limits = { cpu: '1', memory: '1Gi' };
    const object = pod({
      containers: [container('c', { resources: { limits } })],
      initContainers: [container('i')],
    });
    expect(qosClass(object.spec)).toBe('Burstable');
  });
});
