import { readFileSync } from 'node:fs';
import type { CloudProfileName } from '@edgecore/api';
import { decodeMessage, type Message } from '@edgecore/beehive';
import { type Minicloud, startMinicloud } from '@edgecore/minicloud';
import { goldenPath, tempDir } from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FakeEdge } from '../fake-edge.js';

interface Probe {
  readonly note: string;
  readonly up: unknown;
  readonly reply: unknown;
  readonly otherDown: readonly unknown[];
}

function probes(file: string): Probe[] {
  return readFileSync(goldenPath('v1.23', file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Probe);
}

/** Values no two clusters share. */
const FREE: ReadonlySet<string> = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'managedFields',
  'token',
  'expirationTimestamp',
  'renewTime',
  'annotations',
  'data',
  'selfLink',
  'taints',
  'lastHeartbeatTime',
  'lastTransitionTime',
]);

/** The shape that must be the same: every key and value except the free ones. Bodies are compared for what they say. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value === 'string' && value.startsWith('-----BEGIN CERTIFICATE-----')) return '<certificate>';
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !FREE.has(key));
  const opened = (key: string, item: unknown) =>
    key === 'RespBody' && typeof item === 'string'
      ? (JSON.parse(Buffer.from(item, 'base64').toString()) as unknown)
      : item;
  return Object.fromEntries(entries.map(([key, item]) => [key, shape(opened(key, item))]));
}

/** Conditions are a set; Kubernetes' own node controller adds some that are not the edge's. */
function withoutConditions(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, item: unknown) => (key === 'conditions' ? undefined : item)));
}

function route(message: Message) {
  const { source, group, operation, resource } = message;
  return { source, group, operation, resource, versioned: message.resourceVersion !== '' };
}

describe.each<[CloudProfileName, string]>([
  ['current', 'hub-probe.jsonl'],
  ['2020', 'hub-probe-cloud2020.jsonl'],
])('a %s cloud answers single messages as the recorded one', (profile, file) => {
  const all = probes(file);
  const node = decodeMessage(JSON.stringify(all[0]!.up)).resource.split('/')[2]!;
  let cloud: Minicloud;
  let edge: FakeEdge;

  beforeAll(async () => {
    cloud = await startMinicloud({ dataDir: await tempDir(), profile });
    // What the recorded cluster had before.
    const object = (kind: string, name: string) => ({ apiVersion: 'v1', kind, metadata: { name } });
    await cloud.apply({ ...object('ConfigMap', 'kube-root-ca.crt'), data: { 'ca.crt': 'x' } });
    const devices = { apiVersion: 'devices.kubeedge.io/v1beta1', kind: 'Device' };
    const spec = { nodeName: 'elsewhere', properties: [{ name: 'temperature' }] };
    await cloud.apply({ ...devices, metadata: { name: 'thermo-p' }, spec });
    // Before there is a node: pushed to one and confirmed, a 2020 cloud would not answer the query any more.
    for (const { note, reply } of all) {
      const kind = { 'service query': 'Service', 'endpoints query': 'Endpoints' }[note];
      if (kind && reply)
        await cloud.apply({ ...(reply as { content: object }).content, apiVersion: 'v1', kind });
    }
    edge = await FakeEdge.connect(cloud, node);
  });
  afterAll(async () => {
    await edge.close();
    await cloud.close();
  });

  test.each(all)('$note', async ({ note, up, reply, otherDown }) => {
    const message = decodeMessage(JSON.stringify(up));
    if (note === 'lease query' || note === 'lease insert') await seedLease(note);
    const before = edge.received.length;
    await edge.connection.send(message);
    if (reply === null) {
      // A message behind it that is answered shows that this one was not.
      await edge.ask('query', `default/node/${node}`);
      expect(edge.received.slice(before).filter(({ parentId }) => parentId === message.id)).toEqual([]);
      if (otherDown.length === 0) return;
    } else {
      const answer = await edge.waitFor(({ parentId }) => parentId === message.id, note);
      const recorded = decodeMessage(JSON.stringify(reply));
      expect(route(answer)).toEqual(route(recorded));
      expect(withoutConditions(shape(answer.content))).toEqual(withoutConditions(shape(recorded.content)));
    }
    const pod = otherDown
      .map((other) => decodeMessage(JSON.stringify(other)))
      .find(({ operation }) => operation === 'delete');
    if (!pod) return;
    const sent = await edge.waitFor(
      (other) => edge.received.indexOf(other) >= before && other.operation === 'delete',
      `the delete after ${note}`,
    );
    expect(route(sent)).toEqual(route(pod));
    expect(sent.content).toEqual(pod.content);
  });

  /** The recorded lease of the node was there before. */
  async function seedLease(note: string): Promise<void> {
    if (profile !== 'current' || note !== 'lease query') return;
    await edge.ask('insert', `kube-node-lease/lease/${node}`, {
      spec: { holderIdentity: node, leaseDurationSeconds: 40, renewTime: '2026-11-23T08:09:10.309000Z' },
    });
  }
});
