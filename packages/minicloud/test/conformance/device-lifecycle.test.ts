import { type CloudProfileName, Operation } from '@edgecore/api';
import { createMessage, decodeMessage, type Message } from '@edgecore/beehive';
import type { Minicloud } from '@edgecore/minicloud';
import { eventually, goldenHub } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import type { FakeEdge } from '../fake-edge.js';
import { Lab } from '../lab.js';

const lab = new Lab();

interface Line {
  readonly dir: 'up' | 'down';
  readonly message: Message;
}

type Fields = Record<string, unknown>;
type Entry = {
  name: string;
  description: string;
  twin: Record<string, { expected: { value: string }; metadata: { type: string } }>;
};
type Action = (cloud: Minicloud) => Promise<unknown>;

/** What device controller and edge said to each other; confirmations of the edge aside. */
function conversation(cloud: '2020' | 'v1.23', file: string): Line[] {
  return goldenHub(cloud, file)
    .map(({ dir, message }) => ({ dir, message: decodeMessage(JSON.stringify(message)) }))
    .filter(({ dir, message: { source, operation } }) =>
      dir === 'down' ? source === 'devicecontroller' : source === 'twin' && operation === Operation.update,
    );
}

/** Values no two clusters share, and what kubectl and the API server leave in objects. */
const FREE: ReadonlySet<string> = new Set([
  'event_id',
  'timestamp',
  'cloud',
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'managedFields',
  'generation',
  'annotations',
]);

function shape({ source, group, operation, resource, resourceVersion, content }: Message) {
  const free = (key: string, value: unknown) => (FREE.has(key) ? undefined : value);
  const fixed = JSON.parse(JSON.stringify({ content }, free)) as { content: unknown };
  return { source, group, operation, resource, versioned: resourceVersion !== '', ...fixed };
}

const isOurs = ({ source }: Message) => source === 'devicecontroller';

/**
 * Plays a recording: what the edge sent is sent again; a message of the cloud
 * nothing the edge said explains is a user's doing, the next of `actions`.
 */
async function replay(cloud: Minicloud, edge: FakeEdge, lines: readonly Line[], actions: readonly Action[]) {
  const left = [...actions];
  const known = new Set<string>();
  const ids = new Map<string, string>();
  let expected = 0;
  let echoDue = false;
  for (const { dir, message } of lines) {
    if (dir === 'up') {
      const sent = createMessage<unknown>({ ...message, id: `again-${message.id}` });
      ids.set(message.id, sent.id);
      await edge.connection.send(sent);
      const { twin } = message.content as { twin?: object };
      echoDue = Object.keys(twin ?? {}).some((name) => known.has(name));
      continue;
    }
    const answers = message.operation === Operation.response;
    const echoes = echoDue && message.resource.endsWith('cloud_updated');
    const follows = ['insert', 'delete'].includes(message.operation);
    if (!answers && !echoes && !follows) await left.shift()!(cloud);
    echoDue = false;
    expected += 1;
    const got = await eventually(() => edge.received.filter(isOurs)[expected - 1], {
      what: `${message.operation} ${message.resource}`,
      intervalMs: 5,
    });
    expect(shape(got)).toEqual(shape(message));
    expect(got.parentId).toBe(answers ? ids.get(message.parentId) : '');
    for (const name of Object.keys(addedOf(message)?.twin ?? {})) known.add(name);
  }
  expect(left).toEqual([]);
  // Everything said before is dealt with once this is answered.
  await edge.ask('query', `default/node/${edge.node}`);
  expect(edge.received.filter(isOurs)).toHaveLength(expected);
}

function addedOf({ content }: Message): Entry | undefined {
  return (content as { added_devices?: Entry[] | null } | null)?.added_devices?.[0];
}

async function node(profile: CloudProfileName, name: string) {
  // The recordings end before a resync would have come.
  const cloud = await lab.start(profile, { resyncIntervalMs: 60_000, ackIntervalMs: 5000 });
  return { cloud, edge: await lab.readyNode(cloud, name) };
}

test.each(['device-lifecycle.jsonl', 'device-lifecycle-external.jsonl'])(
  'a 2020 cloud leads a device through its life as the one of 2020/%s',
  async (file) => {
    const lines = conversation('2020', file);
    const { name, description, twin } = lines.map(({ message }) => addedOf(message)).find(Boolean)!;
    const twins = Object.entries(twin).map(([propertyName, { expected, metadata }]) => ({
      propertyName,
      desired: { value: expected.value, metadata: { type: metadata.type } },
    }));
    const nodeSelectorTerms = [{ matchExpressions: [{ key: '', operator: 'In', values: ['edge-2020'] }] }];
    const device = (labels: object) => ({
      apiVersion: 'devices.kubeedge.io/v1alpha1',
      kind: 'Device',
      metadata: { name, labels: { description, ...labels } },
      spec: { nodeSelector: { nodeSelectorTerms } },
      status: { twins },
    });
    const { cloud, edge } = await node('2020', 'edge-2020');
    const reported = await reportsOf(cloud, () =>
      replay(cloud, edge, lines, [
        () => cloud.apply(device({})),
        () => cloud.setDesired(name, 'power-status', 'OFF'),
        async () => {
          const { spec, ...rest } = cloud.get('Device', 'default', name)!;
          const { labels } = rest.metadata;
          await cloud.apply({
            ...rest,
            spec,
            metadata: { ...rest.metadata, labels: { ...labels, seen: 'yes' } },
          });
        },
        () => cloud.delete('Device', 'default', name),
      ]),
    );
    expect(reported['power-status']).toEqual(['ON', 'OFF']);
    expect(reported['temperature']).toEqual(['21']);
    expect(reported).not.toHaveProperty('new-prop');
  },
);

test('a current cloud leads a device through its life as the one of v1.23/device-lifecycle.jsonl', async () => {
  const lines = conversation('v1.23', 'device-lifecycle.jsonl');
  const object = (operation: string, kind: string) =>
    lines.find(
      ({ dir, message: { operation: done, content } }) =>
        dir === 'down' && done === operation && (content as Fields)['kind'] === kind,
    )!.message.content as Fields & { metadata: { name: string } };
  const model = object('insert', 'DeviceModel');
  const device = object('insert', 'Device');
  const { cloud, edge } = await node('current', 'edge123');
  const manifest = ({ metadata: { name, ...metadata }, ...rest }: typeof device) => {
    const { labels } = metadata as { labels?: object };
    return { ...rest, metadata: { name, ...(labels ? { labels } : {}) } };
  };
  const reported = await reportsOf(cloud, () =>
    replay(cloud, edge, lines, [
      async () => {
        await cloud.apply(manifest(model));
        await cloud.apply(manifest(device));
      },
      () => cloud.setDesired('default/thermo-1', 'setpoint', '24'),
      async () => {
        // Recorded: the changed model alone is not sent before something else happens.
        await cloud.apply(manifest(object('delete', 'DeviceModel')));
        expect(cloud.device('thermo-1')).toMatchObject({
          state: 'offline',
          lastOnlineTime: '2026-11-23T07:59:11Z',
          properties: {
            temperature: {
              reported: { value: '23', metadata: { timestamp: '1795420756552', type: 'string' } },
              observedDesired: { value: '0', metadata: { timestamp: '1795420749151', type: 'string' } },
            },
          },
        });
        await cloud.delete('Device', 'default', 'thermo-1');
      },
    ]),
  );
  expect(reported).toEqual({ temperature: ['21', '22', '23'] });
});

/** The different values reported of each property while `work` runs. */
async function reportsOf(cloud: Minicloud, work: () => Promise<void>): Promise<Record<string, string[]>> {
  const values: Record<string, string[]> = {};
  const end = cloud.on('deviceChanged', ({ device }) => {
    for (const [name, { reported }] of Object.entries(device.properties)) {
      if (reported && values[name]?.at(-1) !== reported.value)
        values[name] = [...(values[name] ?? []), reported.value];
    }
  });
  await work();
  end();
  return values;
}
