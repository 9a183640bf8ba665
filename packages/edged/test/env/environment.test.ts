import { describe, expect, test } from '@jest/globals';
import { environment } from '../../src/env/environment.js';
import type { Container } from '../../src/kube-types.js';
import { container, pod } from '../support/builders.js';
import { FakeObjects } from '../support/fake-objects.js';

const objects = new FakeObjects();
objects.configMap('m', { K: 'v', 'not.an=identifier': 'x', other: 'o' });
objects.secret('s', { password: 'p' });

async function of(more: Partial<Container>, extra?: Record<string, string>): Promise<[string, string][]> {
  const result = await environment({
    pod: pod(),
    container: container('c', more),
    objects,
    addresses: { hostIps: [], podIps: [] },
    allocatable: { cpu: '1', memory: '1Gi', ephemeralStorage: '0' },
    ...(extra && { extra }),
  });
  return [...result];
}

describe('environment (edged.md §6.3)', () => {
  test('later sources override earlier ones, env overrides all', async () => {
    const variables = await of({
      envFrom: [{ configMapRef: { name: 'm' } }, { prefix: 'P_', secretRef: { name: 's' } }],
      env: [{ name: 'K', value: '$(P_password)' }],
    });
    expect(variables).toEqual([
      ['other', 'o'],
      ['P_password', 'p'],
      ['K', 'p'],
    ]);
  });

  test('only what is known so far is expanded', async () => {
    const env = [
      { name: 'B', value: '$(A)' },
      { name: 'A', value: 'x' },
      { name: 'C', value: '$(A)$(B)' },
    ];
    expect(await of({ env })).toEqual([
      ['B', '$(A)'],
      ['A', 'x'],
      ['C', 'x$(A)'],
    ]);
  });

  test('missing objects and keys', async () => {
    const key = (kind: 'configMapKeyRef' | 'secretKeyRef', name: string, more = {}) => ({
      env: [{ name: 'X', valueFrom: { [kind]: { name, key: 'k', ...more } } }],
    });
    await expect(of(key('configMapKeyRef', 'no'))).rejects.toMatchObject({
      reason: 'CreateContainerConfigError',
      message: 'configmap "no" not found',
    });
    await expect(of(key('secretKeyRef', 's'))).rejects.toMatchObject({
      message: "couldn't find key k in Secret default/s",
    });
    expect(await of(key('configMapKeyRef', 'no', { optional: true }))).toEqual([]);
    expect(await of(key('secretKeyRef', 's', { optional: true }))).toEqual([]);
    await expect(of({ envFrom: [{ secretRef: { name: 'no' } }] })).rejects.toThrow('secret "no" not found');
    expect(await of({ envFrom: [{ secretRef: { name: 'no', optional: true } }] })).toEqual([]);
  });

  test('an object that cannot be read now is no missing object', async () => {
    objects.failure = new Error('connection lost');
    try {
      const env = [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'm', key: 'K', optional: true } } }];
      await expect(of({ env })).rejects.toThrow('connection lost');
    } finally {
      objects.failure = undefined;
    }
  });

  test("the agent's variables come last, the pod's own win", async () => {
    const extra = { KUBERNETES_SERVICE_HOST: '169.254.30.10', KUBERNETES_SERVICE_PORT: '10550' };
    expect(await of({ env: [{ name: 'KUBERNETES_SERVICE_HOST', value: 'mine' }] }, extra)).toEqual([
      ['KUBERNETES_SERVICE_HOST', 'mine'],
      ['KUBERNETES_SERVICE_PORT', '10550'],
    ]);
  });
});
