import type { CloudProfileName } from '@edgecore/api';
import { describe, expect, test } from '@jest/globals';
import { errStatus, pod, settled, startRig } from './support.js';

type Row = readonly [id: string, cloud: CloudProfileName, message: object, acked: boolean];

const x = pod('x');
const edge = { source: 'edgecontroller' };

/** wire.md §9.8: each row of §6.1 that reaches MetaManager, acknowledged or not. */
const ROWS: readonly Row[] = [
  ['D1 pod insert', '2020', { ...edge, operation: 'insert', resource: 'default/pod/x', content: x }, true],
  ['D1 pod delete', 'current', { ...edge, operation: 'delete', resource: 'default/pod/x', content: x }, true],
  [
    'D2 config map',
    '2020',
    { ...edge, operation: 'update', resource: 'default/configmap/x', content: x },
    true,
  ],
  ['D3 secret', 'current', { ...edge, operation: 'update', resource: 'default/secret/x', content: x }, true],
  ['D4 service', '2020', { ...edge, operation: 'insert', resource: 'default/service/x', content: x }, true],
  [
    'D4 endpoints',
    '2020',
    { ...edge, operation: 'update', resource: 'default/endpoints/x', content: x },
    true,
  ],
  // The cloud does not wait for these, but the Go edge confirms what it stored, and so do we.
  [
    'D5 pod list',
    '2020',
    { ...edge, operation: 'update', resource: 'default/podlist/x', content: [x] },
    true,
  ],
  [
    'D6 list',
    '2020',
    { ...edge, operation: 'update', resource: 'namespace/servicelist/service', content: [] },
    true,
  ],
  ['D7 node', 'current', { ...edge, operation: 'update', resource: 'null/node/x', content: x }, true],
  ['D8 resync', 'current', { ...edge, operation: 'update', resource: 'default/device/x', content: x }, true],
  ['D8 skeleton', '2020', { ...edge, operation: 'delete', resource: 'default/pod/x', content: x }, true],
  [
    'D11 device',
    'current',
    { source: 'devicecontroller', operation: 'insert', resource: 'default/device/x', content: x },
    true,
  ],
  [
    'D13 any kind',
    'current',
    { source: 'dynamiccontroller', operation: 'insert', resource: 'default/deployment/x', content: x },
    true,
  ],
  [
    'D14 application',
    'current',
    { source: 'dynamiccontroller', operation: 'applicationResponse', resource: 'ignore/Application/ignore' },
    false,
  ],
  [
    'D15 access',
    'current',
    {
      source: 'policycontroller',
      operation: 'insert',
      resource: 'default/serviceaccountaccess/x',
      content: x,
    },
    true,
  ],
  ['D25 "OK"', '2020', { ...edge, operation: 'response', resource: 'default/node/x', content: 'OK' }, false],
  [
    'D25 "OK"',
    'current',
    { ...edge, operation: 'response', resource: 'default/podstatus/x', content: 'OK' },
    false,
  ],
  [
    'D25 error',
    'current',
    { ...edge, operation: 'response', resource: 'default/configmap/x', content: errStatus('NotFound', 404) },
    false,
  ],
  [
    'D25 object',
    'current',
    { ...edge, operation: 'response', resource: 'default/configmap/x', content: x },
    true,
  ],
  ['D25 object', '2020', { ...edge, operation: 'response', resource: 'default/secret/x', content: x }, true],
  [
    'D25 lease',
    'current',
    { ...edge, operation: 'response', resource: 'ns/lease/x', content: { Object: x, Err: null } },
    false,
  ],
];

describe('which messages are acknowledged', () => {
  test.each(ROWS)('%s, %s', async (_id, cloud, message, acked) => {
    const rig = await startRig({ cloud });
    const sent = await rig.down(message);
    if (acked) await rig.acked(sent);
    await settled(rig);
    expect(rig.up.filter(({ parentId }) => parentId === sent.id)).toHaveLength(acked ? 1 : 0);
  });
});
