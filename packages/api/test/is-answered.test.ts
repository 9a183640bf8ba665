import { readFileSync } from 'node:fs';
import { goldenPath } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { cloudProfiles } from '../src/index.js';

type Row = readonly [
  what: string,
  source: string,
  operation: string,
  resource: string,
  in2020: boolean,
  inCurrent: boolean,
];

// The upstream rows of the routing table (wire.md §6.2).
const rows: Row[] = [
  ['keepalive', 'websocket', 'keepalive', 'node', false, false],
  ['node registration', 'edged', 'insert', 'default/nodestatus/n', true, true],
  ['node status', 'edged', 'update', 'default/nodestatus/n', true, true],
  ['pod status', 'edged', 'update', 'default/podstatus/p', false, true],
  ['pod status batch', 'metaManager', 'update', 'default/podstatus', false, true],
  ['pod patch', 'edged', 'patch', 'default/podpatch/p', true, true],
  ['pod deletion', 'edged', 'delete', 'default/pod/p', false, true],
  ['mirror pod', 'edged', 'insert', 'default/pod/p', true, true],
  ['query', 'edged', 'query', 'default/configmap/c', true, true],
  ['lease', 'edged', 'query', 'kube-node-lease/lease/n', true, true],
  ['event', 'edged', 'insert', 'default/event/e', false, false],
  ['twin report, one level', 'twin', 'update', 'device/d/twin/edge_updated', false, true],
  ['twin report, two levels', 'twin', 'update', 'device/default/d/twin/edge_updated', false, true],
  ['twin report, namespace named like a type', 'twin', 'update', 'device/event/d/state/update', false, true],
  ['membership detail', 'twin', 'get', 'membership/detail', false, false],
  ['application', 'metaserver', 'null', 'null', true, true],
  ['cluster CA', 'metamanager', 'query', 'k8s/ca.crt', true, true],
  ['upload of EventBus, 2020 form', 'bus', 'response', 'dG9waWM=', false, false],
  ['upload of EventBus', 'bus', 'upload', 'default/topic', false, false],
  ['upload of ServiceBus', 'servicebus', 'upload', 'http://127.0.0.1:8080/a', true, true],
  ['task result', 'websocket', 'UpdateNodeActionStatus', 'operations/x/node/n', false, false],
];

describe('isAnswered', () => {
  test.each(rows)('%s', (_, source, operation, resource, in2020, inCurrent) => {
    const message = { parentId: '', source, operation, resource };
    expect(cloudProfiles['2020'].isAnswered(message)).toBe(in2020);
    expect(cloudProfiles.current.isAnswered(message)).toBe(inCurrent);
  });

  test('an answer is never answered', () => {
    const answer = { parentId: 'd21', source: 'servicebus', operation: 'upload', resource: '' };
    expect(cloudProfiles['2020'].isAnswered(answer)).toBe(false);
    expect(cloudProfiles.current.isAnswered(answer)).toBe(false);
  });

  test.each([
    ['2020', 'hub-probe-cloud2020.jsonl'],
    ['current', 'hub-probe.jsonl'],
  ] as const)('profile %s expects an answer wherever the cloud gave one (%s)', (profile, file) => {
    const probes = readFileSync(goldenPath('v1.23', file), 'utf8').trimEnd().split('\n').map(readProbe);
    const answered = probes.filter(({ reply }) => reply !== null);
    expect(answered.length).toBeGreaterThan(3);
    const surprises = answered.filter(({ route }) => !cloudProfiles[profile].isAnswered(route));
    expect(surprises.map(({ note }) => note)).toEqual([]);
  });
});

function readProbe(line: string) {
  const { note, up, reply } = JSON.parse(line) as {
    note: string;
    up: { route: { source?: string; operation?: string; resource?: string } };
    reply: unknown;
  };
  const { source = '', operation = '', resource = '' } = up.route;
  return { note, reply, route: { parentId: '', source, operation, resource } };
}
