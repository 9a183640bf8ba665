import { decodeMessage, type Message } from '@edgecore/beehive';
import { eventually, goldenHub } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import type { FakeEdge } from '../fake-edge.js';
import { Lab } from '../lab.js';

const lab = new Lab();

type Fields = Record<string, unknown>;

/** Values no two clusters share, and what the API server keeps beside an object. */
const FREE: ReadonlySet<string> = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'managedFields',
  'Timestamp',
]);

function withoutFree(value: unknown): unknown {
  return JSON.parse(JSON.stringify({ value }, (key, item: unknown) => (FREE.has(key) ? undefined : item)));
}

/** The body is compared for what it says. */
function shape({ source, group, operation, resource, resourceVersion, content }: Message) {
  const body = (content as Fields)['RespBody'];
  const read =
    typeof body === 'string' && body !== '' ? JSON.parse(Buffer.from(body, 'base64').toString()) : body;
  const opened = body === undefined ? content : { ...(content as Fields), RespBody: read as unknown };
  return {
    source,
    group,
    operation,
    resource,
    versioned: resourceVersion !== '',
    content: withoutFree(opened),
  };
}

function recording(file: string) {
  return goldenHub('v1.23', file).map(({ dir, message }) => ({
    dir,
    message: decodeMessage(JSON.stringify(message)),
  }));
}

function requestIn({ content }: Message): { Key: string; Verb: string } {
  return content as { Key: string; Verb: string };
}

async function again(edge: FakeEdge, message: Message): Promise<Message> {
  await edge.connection.send(message);
  return edge.waitFor(({ parentId }) => parentId === message.id, 'an answer');
}

test('services and endpoints are listed, got and watched as the cloud of service-endpoints.jsonl does it', async () => {
  const lines = recording('service-endpoints.jsonl');
  const answers = new Map(lines.map(({ message }) => [message.parentId, message]));
  const objectsOf = (key: string) => {
    const { message } = lines.find(
      ({ dir, message: { content } }) => dir === 'down' && (content as Fields)['Key'] === key,
    )!;
    const body = Buffer.from(String((message.content as Fields)['RespBody']), 'base64').toString();
    return (JSON.parse(body) as { items: object[] }).items;
  };
  const cloud = await lab.start('current', { resyncIntervalMs: 60_000, ackIntervalMs: 5000 });
  for (const kind of ['services', 'endpoints'])
    for (const object of objectsOf(`/core/v1/${kind}/null/null`)) await cloud.apply(object);
  const edge = await lab.connect(cloud, 'edge123', { acks: false });

  const questions = lines.filter(({ dir, message: { source } }) => dir === 'up' && source === 'metaserver');
  const played: string[] = [];
  for (const { message } of questions) {
    const { Key, Verb } = requestIn(message);
    // Slices are not kept here.
    if (Key.includes('endpointslices')) continue;
    expect(shape(await again(edge, message))).toEqual(shape(answers.get(message.id)!));
    played.push(`${Verb} ${Key}`);
  }
  expect(played).toEqual([
    'list /core/v1/services/null/null',
    'get /core/v1/services/default/web',
    'list /core/v1/endpoints/null/null',
    'get /core/v1/endpoints/default/web',
    'watch /core/v1/services/null/null',
  ]);

  // Recorded: the first object, the answer, and the second object once the first is confirmed.
  const isInsert = ({ operation }: Message) => operation === 'insert';
  const order = () =>
    edge.received
      .filter(({ source, content }) => source === 'dynamiccontroller' && isWatch(content))
      .map(({ operation }) => operation);
  expect(order()).toEqual(['insert', 'applicationResponse']);
  await edge.ack(edge.received.find(isInsert)!);
  await eventually(() => order().length === 3);
  expect(order()).toEqual(['insert', 'applicationResponse', 'insert']);
  const recorded = lines.filter(({ dir, message }) => dir === 'down' && isInsert(message));
  expect(edge.received.filter(isInsert).map(shape)).toEqual(recorded.map(({ message }) => shape(message)));
});

/** An object, or the answer to a watch. */
function isWatch(content: unknown): boolean {
  const { Verb } = content as Fields;
  return Verb === undefined || Verb === 'watch';
}

test('what is not there is refused, and the set of watches confirmed, as in metaserver-answers.jsonl', async () => {
  // The recorded question is about a config map, which this cloud does not hand out this way.
  const text = JSON.stringify(recording('metaserver-answers.jsonl')).replaceAll('configmaps', 'services');
  const lines = JSON.parse(text) as { dir: string; message: Message }[];
  const cloud = await lab.start('current');
  const edge = await lab.connect(cloud, 'edge123');
  const ups = lines.filter(({ dir }) => dir === 'up').map(({ message }) => message);
  expect(ups.map(({ resource }) => resource)).toEqual(['null', 'watchapp/sync', 'watchapp/sync']);
  for (const up of ups) {
    const recorded = lines.find(({ message }) => message.parentId === up.id)!;
    expect(shape(await again(edge, up))).toEqual(shape(recorded.message));
  }
});
