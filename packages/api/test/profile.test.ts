import type { GoldenLine } from '@edgecore/testing';
import { goldenHub } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { cloudProfiles, parseCloudProfile } from '../src/index.js';

type Row = readonly [
  what: string,
  source: string,
  operation: string,
  resource: string,
  content: unknown,
  ack2020: boolean | undefined,
  ackCurrent: boolean | undefined,
];

const object = { metadata: { name: 'x' } };
const missing = { ErrStatus: { code: 404, reason: 'NotFound' } };

// The rows of the routing table that carry group `resource` (wire.md §5.4, §6.1). undefined: that cloud never sends it.
const rows: Row[] = [
  ['pod', 'edgecontroller', 'insert', 'default/pod/x', object, true, true],
  ['configmap', 'edgecontroller', 'update', 'default/configmap/x', object, true, true],
  ['secret delete', 'edgecontroller', 'delete', 'default/secret/x', object, true, true],
  ['service', 'edgecontroller', 'insert', 'default/service/x', object, true, undefined],
  ['endpoints', 'edgecontroller', 'update', 'default/endpoints/x', object, true, undefined],
  ['podlist', 'edgecontroller', 'update', 'default/podlist/x', [object], false, undefined],
  ['servicelist', 'edgecontroller', 'update', 'namespace/servicelist/service', [object], false, undefined],
  ['endpointslist', 'edgecontroller', 'update', 'namespace/endpointslist/endpoints', null, false, undefined],
  ['node update', 'edgecontroller', 'update', 'null/node/n', object, undefined, true],
  [
    'node insert answer',
    'edgecontroller',
    'response',
    'null/node/n',
    { Object: object, Err: null },
    undefined,
    false,
  ],
  ['nodestatus answer', 'edgecontroller', 'response', 'default/node/n', 'OK', false, false],
  ['own node query', 'edgecontroller', 'response', 'default/node/n', object, false, false],
  ['configmap query', 'edgecontroller', 'response', 'default/configmap/x', object, true, true],
  ['missing configmap', 'edgecontroller', 'response', 'default/configmap/x', missing, undefined, false],
  [
    'lease',
    'edgecontroller',
    'response',
    'kube-node-lease/lease/n',
    { Object: object, Err: null },
    undefined,
    false,
  ],
  [
    'podpatch',
    'edgecontroller',
    'response',
    'default/podpatch/x',
    { Object: object, Err: null },
    undefined,
    false,
  ],
  ['token', 'edgecontroller', 'response', 'default/serviceaccounttoken/x', object, undefined, false],
  ['device', 'devicecontroller', 'insert', 'default/device/x', object, undefined, true],
  ['dynamic', 'dynamiccontroller', 'update', 'default/deployment/x', object, undefined, true],
  [
    'application',
    'dynamiccontroller',
    'applicationResponse',
    'ignore/Application/ignore',
    object,
    undefined,
    false,
  ],
  ['access', 'policycontroller', 'insert', 'default/serviceaccountaccess/x', object, undefined, true],
  ['volume', 'cloudhub', 'createvolume', 'default/volume/x', '{}', undefined, false],
  ['ca', 'cloudhub', 'response', 'k8s/ca.crt', 'PEM', undefined, false],
];

describe('needsAck', () => {
  test.each(rows)('%s from %s', (_, source, operation, resource, content, ack2020, ackCurrent) => {
    const route = { source, group: 'resource', operation, resource, content };
    if (ack2020 !== undefined) expect(cloudProfiles['2020'].needsAck(route)).toBe(ack2020);
    if (ackCurrent !== undefined) expect(cloudProfiles.current.needsAck(route)).toBe(ackCurrent);
  });

  test.each(['twin', 'user', 'taskmanager', 'hub'])('never for group %s', (group) => {
    const route = {
      source: 'devicecontroller',
      group,
      operation: 'update',
      resource: 'default/pod/x',
      content: object,
    };
    expect(cloudProfiles['2020'].needsAck(route)).toBe(false);
    expect(cloudProfiles.current.needsAck(route)).toBe(false);
  });

  // What the Go edges were recorded to acknowledge contains everything we must.
  test.each([
    ['2020', '2020', 'pod-with-configmap-secret.jsonl'],
    ['2020', '2020', 'reconnect.jsonl'],
    ['current', 'v1.23', 'pod-with-configmap-secret-token.jsonl'],
    ['current', 'v1.23', 'reconnect.jsonl'],
  ] as const)('profile %s asks for no ack the Go edge did not send (%s/%s)', (profile, cloud, file) => {
    const lines = goldenHub(cloud, file);
    const acked = new Set(
      lines.filter((line) => line.dir === 'up' && line.message.route.operation === 'response').map(parentOf),
    );
    const down = lines.filter((line) => line.dir === 'down');
    const needed = down.filter((line) => cloudProfiles[profile].needsAck(routeOf(line.message)));
    expect(needed.length).toBeGreaterThan(3);
    // The last messages of a recording may still be unanswered.
    const settled = needed.filter((line) => lines.indexOf(line) < lines.length - 10);
    expect(
      settled.filter((line) => !acked.has(line.message.header.msg_id)).map((line) => line.message.route),
    ).toEqual([]);
  });
});

function parentOf(line: { message: NonNullable<GoldenLine['message']> }): string {
  return line.message.header.parent_msg_id ?? '';
}

function routeOf({ route, content }: NonNullable<GoldenLine['message']>) {
  const { source = '', group = '', operation = '', resource = '' } = route;
  return { source, group, operation, resource, content };
}

test.each([
  ['auto', 'auto'],
  ['2020', '2020'],
  [2020, '2020'],
  ['current', 'current'],
])('cloudProfile %p', (value, parsed) => {
  expect(parseCloudProfile(value)).toBe(parsed);
});

test.each(['Auto', '1.23', 'legacy', '', null])('cloudProfile %p is refused', (value) => {
  expect(() => parseCloudProfile(value)).toThrow('must be auto, 2020 or current');
});

test.each(Object.values(cloudProfiles))(
  '$name: what a row answers is among what is asked remotely',
  (profile) => {
    expect([...profile.databaseFirstTypes].filter((type) => !profile.remoteTypes.has(type))).toEqual([]);
    // Both always ask for attachments: they change without a push.
    expect(profile.databaseFirstTypes.has('volumeattachment')).toBe(false);
  },
);
