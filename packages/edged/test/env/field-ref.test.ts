import { expect, test } from '@jest/globals';
import { fieldValue } from '../../src/env/field-ref.js';
import { resourceValue } from '../../src/env/resource-field-ref.js';
import { container, pod } from '../support/builders.js';

const object = pod(
  { nodeName: 'edge-1', serviceAccountName: 'robot' },
  { labels: { app: 'x', 'a/b': 'y' }, annotations: { note: 'line\none\t"q" \\ é\u0001' } },
);
const addresses = { hostIps: ['10.0.0.1', 'fd00::1'], podIps: ['172.17.0.2', 'fd01::2'] };

test.each([
  ['metadata.name', 'web-1'],
  ['metadata.namespace', 'default'],
  ['metadata.uid', 'u'],
  ["metadata.labels['app']", 'x'],
  ["metadata.labels['a/b']", 'y'],
  ["metadata.labels['none']", ''],
  ['metadata.labels', 'a/b="y"\napp="x"'],
  ['metadata.annotations', 'note="line\\none\\t\\"q\\" \\\\ é\\x01"'],
  ['spec.nodeName', 'edge-1'],
  ['spec.serviceAccountName', 'robot'],
  ['status.hostIP', '10.0.0.1'],
  ['status.hostIPs', '10.0.0.1,fd00::1'],
  ['status.podIP', '172.17.0.2'],
  ['status.podIPs', '172.17.0.2,fd01::2'],
])('%s', (path, expected) => {
  expect(fieldValue(object, path, addresses)).toBe(expected);
});

test('a path Kubernetes does not offer', () => {
  expect(() => fieldValue(object, 'spec.hostname', addresses)).toThrow(
    expect.objectContaining({ reason: 'CreateContainerConfigError' }),
  );
});

const allocatable = { cpu: '4', memory: '8Gi', ephemeralStorage: '1Gi' };
const limited = container('c', {
  resources: { limits: { cpu: '500m', memory: '1500Ki' }, requests: { cpu: '250m' } },
});
const withLimits = pod({ containers: [limited, container('bare')] });

test.each([
  ['limits.cpu', undefined, '1'],
  ['limits.cpu', '1m', '500'],
  ['requests.cpu', '1m', '250'],
  ['limits.memory', undefined, '1536000'],
  ['limits.memory', '1Mi', '2'],
  ['requests.memory', '1Ki', '1500'],
  ['requests.ephemeral-storage', undefined, '0'],
  ['limits.ephemeral-storage', undefined, '1073741824'],
  ['limits.cpu', '0', '1'],
])('%s divided by %s', (resource, divisor, expected) => {
  expect(resourceValue(withLimits, limited, { resource, divisor }, allocatable)).toBe(expected);
});

test('of another container: the node stands in for a missing limit', () => {
  const selector = { resource: 'limits.memory', containerName: 'bare' };
  expect(resourceValue(withLimits, limited, selector, allocatable)).toBe('8589934592');
  expect(() =>
    resourceValue(withLimits, limited, { resource: 'limits.cpu', containerName: 'no' }, allocatable),
  ).toThrow(/names no container/);
  expect(() => resourceValue(withLimits, limited, { resource: 'limits.magic' }, allocatable)).toThrow(
    /unsupported/,
  );
});
