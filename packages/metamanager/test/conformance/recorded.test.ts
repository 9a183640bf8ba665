import type { CloudProfileName } from '@edgecore/api';
import { decodeMessage, type Message } from '@edgecore/beehive';
import { eventually, goldenHub } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { type Rig, settled, startRig } from '../support.js';

type Line = { dir: 'up' | 'down'; message: Message };

/** The recorded hub messages that pass MetaManager; the others belong to other modules. */
function recording(cloud: '2020' | 'v1.23', file: string): Line[] {
  return goldenHub(cloud, file)
    .map((line) => ({ dir: line.dir, message: decodeMessage(Buffer.from(line.raw, 'hex')) }))
    .filter(
      ({ message }) =>
        message.operation !== 'keepalive' && !['twin', 'metaserver', ''].includes(message.source),
    );
}

/**
 * Answers of today's cloud the Go edge confirms although nobody waits for it
 * (compat.md §6), and which ours does not store: leases change every 10 s.
 */
const NEEDLESS = /\/lease\//;

const isAck = (message: Message) => message.operation === 'response';
const route = (message: Message) => {
  const { parentId, operation, resource, group, source, content } = message;
  return { parentId, operation, resource, group, source, content };
};

/** Requests of edged in a recording; the periodic list is MetaManager's own. */
const isRequest = ({ dir, message }: Line) =>
  dir === 'up' && !isAck(message) && !(message.source === 'metaManager' && message.operation === 'update');

/**
 * Plays a recording: what the cloud sent goes in as it came, edged's requests
 * are made again, and the fake hub gives the recorded answers.
 */
async function play(rig: Rig, lines: readonly Line[]): Promise<Message[]> {
  const answers = new Map<string, Message>();
  for (const { dir, message } of lines)
    if (dir === 'down' && message.parentId) answers.set(message.parentId, message);
  const requests = new Map<string, Message[]>();
  for (const line of lines) {
    if (!isRequest(line)) continue;
    const key = `${line.message.operation} ${line.message.resource}`;
    requests.set(key, [...(requests.get(key) ?? []), line.message]);
  }
  rig.answer = (asked) => {
    const original = requests.get(`${asked.operation} ${asked.resource}`)?.shift();
    const answer = original && answers.get(original.id);
    if (answer) answers.delete(original.id);
    if (answer) return { ...answer, parentId: asked.id };
    // Silence of a 2020 cloud to a report: the hub says that it was written.
    return rig.link.profile?.answersReports ? undefined : { source: 'edgehub', content: 'OK' };
  };
  const pushed: Message[] = [];
  const pending: Promise<unknown>[] = [];
  for (const line of lines) {
    const { dir, message } = line;
    if (isRequest(line)) {
      const { source, group, operation, resource, content } = message;
      const asking = rig
        .request({ source, group, operation, resource, content })
        .catch((error: Error) => error);
      pending.push(asking);
      await asking;
    } else if (dir === 'down' && !message.parentId) {
      await rig.down(message);
      pushed.push(message);
    }
  }
  await Promise.all(pending);
  await eventually(() => pushed.every((message) => rig.acks().some((ack) => ack.parentId === message.id)), {
    what: 'the acknowledgement of each pushed message',
  });
  await settled(rig);
  return pushed;
}

const FILES: readonly (readonly [CloudProfileName, '2020' | 'v1.23', string])[] = [
  ['2020', '2020', 'pod-lifecycle.jsonl'],
  ['2020', '2020', 'pod-with-configmap-secret.jsonl'],
  ['2020', '2020', 'reconnect.jsonl'],
  ['2020', '2020', 'service-endpoints.jsonl'],
  ['current', 'v1.23', 'pod-lifecycle.jsonl'],
  ['current', 'v1.23', 'reconnect.jsonl'],
  ['current', 'v1.23', 'pod-with-configmap-secret-token.jsonl'],
];

describe.each(FILES)('%s: %s/%s', (cloud, folder, file) => {
  test('the acknowledgements are those of the Go edge', async () => {
    const lines = recording(folder, file);
    const now = () => Date.UTC(2026, 10, 23, 7);
    const rig = await startRig({ cloud, now });
    const pushed = await play(rig, lines);
    const ids = new Set(pushed.map(({ id }) => id));
    for (const { dir, message } of lines) if (dir === 'down' && message.parentId) ids.add(message.id);
    const recorded = lines
      .filter(({ dir, message }) => dir === 'up' && isAck(message) && ids.has(message.parentId))
      .filter(({ message }) => !NEEDLESS.test(message.resource))
      .map(({ message }) => route(message));
    expect(recorded.length).toBeGreaterThan(1);
    const byParent = (a: { parentId: string }, b: { parentId: string }) => (a.parentId < b.parentId ? -1 : 1);
    const acks = rig.acks().map(route);
    expect(acks.sort(byParent)).toEqual(recorded.sort(byParent));
  });

  test('requests go up in the recorded form', async () => {
    const lines = recording(folder, file);
    const rig = await startRig({ cloud });
    await play(rig, lines);
    const form = ({ source, group, operation, resource, content }: Message) => ({
      source,
      group,
      operation,
      resource,
      content,
    });
    const recorded = lines.filter(isRequest).map(({ message }) => form(message));
    const sent = rig.up.filter((message) => !isAck(message)).map(form);
    expect(sent).toEqual(recorded);
  });
});

test('what is left in the database after a pod’s life is what the recording leaves', async () => {
  const rig = await startRig({ cloud: '2020' });
  await play(rig, recording('2020', 'pod-with-configmap-secret.jsonl'));
  expect(await rig.keys()).toEqual([]);
  expect(await rig.keys('meta_v2')).toEqual([]);
  expect(await rig.store.outbox.size('metamanager')).toBe(0);
});
