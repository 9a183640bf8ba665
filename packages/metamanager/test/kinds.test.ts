import { parseResource } from '@edgecore/api';
import { describe, expect, test } from '@jest/globals';
import { pluralOf, v2Identity } from '../src/rows/kinds.js';
import { isOlder } from '../src/rows/version.js';
import { pod, startRig } from './support.js';

describe('plural of a kind (§9.4)', () => {
  test.each([
    ['Pod', 'pods'],
    ['Ingress', 'ingresses'],
    ['NetworkPolicy', 'networkpolicies'],
    ['Endpoints', 'endpoints'],
    ['Leases', 'leases'],
    ['CustomResourceDefinition', 'customresourcedefinitions'],
    ['CustomResourceDefinitionList', 'customresourcedefinitions'],
    ['ServiceAccountAccess', 'serviceaccountaccesses'],
  ])('%s: %s', (kind, plural) => expect(pluralOf(kind)).toBe(plural));
});

describe('key of a meta_v2 row (§2)', () => {
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
  };
  test.each([
    ['default/pod/web', pod('web'), '/core/v1/pods/default/web', '/v1, Resource=pods', 'default'],
    ['default/pod/web', undefined, '/core/v1/pods/default/web', '/v1, Resource=pods', 'default'],
    ['null/node/n', { metadata: { name: 'n' } }, '/core/v1/nodes/null/n', '/v1, Resource=nodes', ''],
    ['default/node/n', undefined, '/core/v1/nodes/null/n', '/v1, Resource=nodes', ''],
    [
      'default/deployment/web',
      deployment,
      '/apps/v1/deployments/default/web',
      'apps/v1, Resource=deployments',
      'default',
    ],
    [
      'default/device/d',
      undefined,
      '/devices.kubeedge.io/v1beta1/devices/default/d',
      'devices.kubeedge.io/v1beta1, Resource=devices',
      'default',
    ],
  ])('%s', (resource, object, key, groupVersionResource, namespace) => {
    expect(v2Identity(parseResource(resource), object)).toMatchObject({
      key,
      groupVersionResource,
      namespace,
    });
  });

  test('neither kind nor a known type: none', () => {
    expect(v2Identity(parseResource('default/deployment/web'), pod('web'))).toBeUndefined();
  });
});

describe('rows of meta_v2', () => {
  const rows = async (rig: Awaited<ReturnType<typeof startRig>>) =>
    rig.store.all(rig.store.db.selectFrom('meta_v2').selectAll());

  test('objects of a 2020 cloud get their kind from the resource type', async () => {
    const rig = await startRig({ cloud: '2020' });
    await rig.acked(await rig.down({ operation: 'insert', resource: 'default/pod/a', content: pod('a') }));
    expect(await rows(rig)).toEqual([
      {
        key: '/core/v1/pods/default/a',
        group_version_resource: '/v1, Resource=pods',
        namespace: 'default',
        name: 'a',
        resource_version: 10,
        value: `${JSON.stringify({ ...pod('a'), kind: 'Pod', apiVersion: 'v1' })}\n`,
      },
    ]);
  });

  test.each([
    ['null content', null],
    ['minimal content', { metadata: { name: 'a', namespace: 'default', uid: 'uid-a' } }],
  ])('a delete with %s removes the row', async (_what, content) => {
    const rig = await startRig({ cloud: 'current' });
    const object = { kind: 'ConfigMap', apiVersion: 'v1', ...pod('a') };
    await rig.acked(
      await rig.down({ operation: 'insert', resource: 'default/configmap/a', content: object }),
    );
    expect(await rig.keys('meta_v2')).toEqual(['/core/v1/configmaps/default/a']);
    await rig.acked(await rig.down({ operation: 'delete', resource: 'default/configmap/a', content }));
    expect(await rig.keys('meta_v2')).toEqual([]);
  });

  test('objects of any kind, deleted by their own kind', async () => {
    const rig = await startRig({ cloud: 'current' });
    const content = { apiVersion: 'apps/v1', kind: 'Deployment', ...pod('web') };
    const resource = 'default/deployment/web';
    await rig.acked(await rig.down({ source: 'dynamiccontroller', operation: 'insert', resource, content }));
    expect(await rig.keys('meta_v2')).toEqual(['/apps/v1/deployments/default/web']);
    const bare = { metadata: { name: 'web', namespace: 'default' } };
    await rig.acked(
      await rig.down({ source: 'dynamiccontroller', operation: 'delete', resource, content: bare }),
    );
    expect(await rig.keys('meta_v2')).toEqual([]);
  });

  test('the elements of a list, and answers to queries', async () => {
    const rig = await startRig({ cloud: '2020', answer: () => ({ content: pod('c') }) });
    const resource = 'namespace/servicelist/service';
    await rig.acked(await rig.down({ operation: 'update', resource, content: [pod('s')] }));
    await rig.request({ operation: 'query', resource: 'default/configmap/c' });
    expect(await rig.keys('meta_v2')).toEqual([
      '/core/v1/configmaps/default/c',
      '/core/v1/services/default/s',
    ]);
  });
});

describe('older', () => {
  test.each([
    ['9', '10', true],
    ['99999', '100000', true],
    ['10', '10', false],
    ['11', '10', false],
    ['', '10', false],
    ['x', '10', false],
    ['123456789012345678901', '123456789012345678902', true],
  ])('%s after %s: %j', (incoming, stored, older) => {
    expect(isOlder(pod('a', 'u', incoming), pod('a', 'u', stored))).toBe(older);
    expect(isOlder(pod('a', 'v', incoming), pod('a', 'u', stored))).toBe(false);
    expect(isOlder(pod('a', 'u', incoming), undefined)).toBe(false);
  });
});
