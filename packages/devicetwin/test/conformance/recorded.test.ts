import { decodeMessage, type Message } from '@edgecore/beehive';
import { golden, goldenHub } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { type Published, type Rig, startRig } from '../support.js';

type Cloud = '2020' | 'v1.23';

/** What came in, in the order it came: from the cloud, from MQTT clients, from a mapper over DMI. */
type Input =
  | { readonly at: string; readonly from: 'cloud'; readonly message: Message }
  | { readonly at: string; readonly from: 'mqtt'; readonly topic: string; readonly payload: string }
  | { readonly at: string; readonly from: 'dmi'; readonly method: string; readonly body: DmiReport };

interface DmiReport {
  readonly deviceName: string;
  readonly deviceNamespace: string;
  readonly state: string;
  readonly reportedDevice: {
    readonly twins: {
      propertyName: string;
      observedDesired: { value: string };
      reported: { value: string };
    }[];
  };
}

const IN =
  /^\$hw\/events\/(device\/.+\/(twin\/(update|get|cloud_updated)|state\/update)|node\/[^/]+\/membership\/get)$/;

const mqttLines = (cloud: Cloud, file: string) =>
  golden(cloud, file) as unknown as {
    ts: string;
    topic: string;
    payloadText: string;
    payload: Record<string, unknown>;
  }[];

function inputs(cloud: Cloud, name: string): Input[] {
  const downs: Input[] = goldenHub(cloud, `${name}.jsonl`)
    .filter(({ dir }) => dir === 'down')
    .map(
      ({ ts, raw }) => ({ at: ts, from: 'cloud', message: decodeMessage(Buffer.from(raw, 'hex')) }) as const,
    )
    .filter(({ message }) => message.source === 'devicecontroller' && message.parentId === '');
  const topics: Input[] = mqttLines(cloud, `${name}.mqtt.jsonl`)
    .filter(({ topic }) => IN.test(topic))
    .map(({ ts, topic, payloadText }) => ({ at: ts, from: 'mqtt', topic, payload: payloadText }));
  const dmi: Input[] =
    cloud === '2020'
      ? []
      : golden(cloud, `${name}.dmi.jsonl`)
          .map((line) => line as unknown as { ts: string; kind: string; method: string; message: DmiReport })
          .filter(({ kind, method }) => kind === 'grpc-request' && method.includes('/ReportDevice'))
          .map(({ ts, method, message }) => ({ at: ts, from: 'dmi', method, body: message }));
  return [...downs, ...topics, ...dmi].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

async function play(rig: Rig, lines: readonly Input[], device: string): Promise<void> {
  for (const line of lines) {
    if (line.from === 'mqtt') await rig.mqtt(line.topic, line.payload);
    else if (line.from === 'cloud') {
      const { source, group, operation, resource, content } = line.message;
      // What MetaManager would have handed on.
      await rig.down(
        { source: group === 'resource' ? 'meta' : source, group: 'twin', operation, resource, content },
        device,
      );
    } else await report(rig, line.method, line.body);
    await rig.settled(device);
  }
}

async function report(rig: Rig, method: string, body: DmiReport): Promise<void> {
  const id = `${body.deviceNamespace}/${body.deviceName}`;
  if (method.endsWith('/ReportDeviceStates')) return rig.twin.reportState(id, body.state);
  await rig.twin.reportTwins(
    id,
    Object.fromEntries(
      body.reportedDevice.twins.map(({ propertyName, observedDesired, reported }) => [
        propertyName,
        { expected: observedDesired.value, actual: reported.value },
      ]),
    ),
  );
}

const REASONS: Readonly<Record<string, string>> = {
  'Unmarshal update request body failed, Please check the request':
    'Unmarshal update request body failed, please check the request',
  'The key of twin must be only include upper or lowercase letter, number, english, and special letter - _ . , : / @ # and length of key under 128':
    'The key of twin must only include upper or lowercase letters, number, english, and special letter - _ . , : / @ # and the length of key should be less than 128 bytes',
  'the value is not int': 'the value is not int or integer',
};

/** A side nobody wished anything of; its time, and everything else that differs from run to run. */
function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, inner]) =>
      !['timestamp', 'last_online', 'lastOnlineTime'].includes(key) &&
      // 2020: shown once, gone after the next reload (§13).
      !(key === 'expected' && (inner as { value?: string }).value === ''),
  );
  return Object.fromEntries(
    entries
      .map(([key, inner]) => [key, withoutTimes(inner)] as const)
      // 2020 leaves the time of `actual` out after reloads (§13).
      .filter(([key, inner]) => key !== 'metadata' || Object.keys(inner as object).length > 0),
  );
}

/** A payload as both sides should have it, the intended differences of §13 taken out. */
function comparable(device: string, { topic, payload }: Published): Published | undefined {
  const own = topic.replace('device//', `device/${device}/`);
  const { event_id: id, ...rest } = withoutTimes(payload) as Record<string, Record<string, unknown>>;
  const fields: Record<string, unknown> = { ...rest };
  if (typeof fields['reason'] === 'string') fields['reason'] = REASONS[fields['reason']] ?? fields['reason'];
  if (own.endsWith('/delta')) {
    const twins = Object.entries(rest['twin']!).filter(([, twin]) => (twin as object)['expected' as never]);
    fields['twin'] = Object.fromEntries(twins);
  }
  if (own.endsWith('/document')) {
    const twins = Object.entries(rest['twin']!).filter(([, change]) => {
      const { last, current } = change as { last: unknown; current: unknown };
      return JSON.stringify(last) !== JSON.stringify(current);
    });
    if (twins.length === 0) return undefined;
    fields['twin'] = Object.fromEntries(twins);
  }
  // Echoed where it can be read; upstream loses it with the error.
  const echoed = /\/(result|document)$/.test(own) && fields['code'] === undefined && !own.includes('/state/');
  return { topic: own, payload: { ...(echoed ? { event_id: id } : {}), ...fields } };
}

const known = (published: Published | undefined): published is Published => published !== undefined;

function recordedOutputs(cloud: Cloud, name: string, device: string): Published[] {
  return mqttLines(cloud, `${name}.mqtt.jsonl`)
    .filter(({ topic }) => !IN.test(topic) && topic.startsWith('$hw/events/') && !topic.includes('/upload/'))
    .map((line) => comparable(device, line))
    .filter(known);
}

/** Reports without those that say the same as the one before: ours says the first of a property twice (§8.4). */
function reports(messages: readonly Message[]): unknown[] {
  const seen: string[] = [];
  for (const { resource, content } of messages) {
    const value = typeof content === 'string' ? JSON.parse(content) : content;
    const { event_id: _id, ...rest } = withoutTimes(value) as Record<string, unknown>;
    const text = JSON.stringify({ resource, rest });
    if (seen.at(-1) !== text) seen.push(text);
  }
  return seen.map((text) => JSON.parse(text));
}

function recordedReports(cloud: Cloud, name: string): unknown[] {
  return reports(
    goldenHub(cloud, `${name}.jsonl`)
      .filter(({ dir }) => dir === 'up')
      .map(({ raw }) => decodeMessage(Buffer.from(raw, 'hex')))
      .filter(({ source }) => source === 'twin')
      .filter(({ resource }) => resource.startsWith('device/')),
  );
}

test.each([
  ['device-lifecycle', { result: 4, document: 8, delta: 2, reports: 3 }],
  ['device-lifecycle-external', { result: 4, document: 8, delta: 8, reports: 3 }],
])('28: %s of 2020', async (name, counts) => {
  const rig = await startRig({ cloud: '2020', nodeName: 'edge-2020' });
  await play(rig, inputs('2020', name), 'led-1');
  const ends = (end: string) =>
    rig.published.filter(({ topic }) => topic.endsWith(`led-1/twin/update/${end}`));
  const ours = rig.published.map((published) => comparable('led-1', published)).filter(known);
  const recorded = recordedOutputs('2020', name, 'led-1');
  expect(ours).toEqual(recorded);
  expect(reports(rig.up)).toEqual(recordedReports('2020', name));
  // Two refusals that upstream sends to no device came on top.
  expect(ends('result')).toHaveLength(counts.result + 2);
  expect(ends('document')).toHaveLength(counts.document);
  expect(ends('delta')).toHaveLength(counts.delta);
  expect(rig.up.filter(({ resource }) => resource.endsWith('/edge_updated'))).toHaveLength(counts.reports);
});

test('device-lifecycle of v1.23, with what its mapper reported over DMI', async () => {
  const rig = await startRig({ cloud: 'current', nodeName: 'edge123', localCloudUpdated: true });
  await play(rig, inputs('v1.23', 'device-lifecycle'), 'default/thermo-1');
  const ours = rig.published
    // Upstream does not listen to ids of one word any more; ours answers them.
    .filter(({ topic }) => !topic.startsWith('$hw/events/device/thermo-1/'))
    .map((published) => comparable('default/thermo-1', published))
    .filter(known);
  expect(ours).toEqual(recordedOutputs('v1.23', 'device-lifecycle', 'default/thermo-1'));
  expect(reports(rig.up)).toEqual(recordedReports('v1.23', 'device-lifecycle'));
  expect(rig.twin.devices()).toEqual([]);
});
