import { type CloudProfileName, Operation } from '@edgecore/api';
import { createMessage, decodeMessage, type Message } from '@edgecore/beehive';
import { type Minicloud, startMinicloud } from '@edgecore/minicloud';
import { goldenHub, tempDir } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { FakeEdge, nodeObject } from '../fake-edge.js';

interface Line {
  readonly dir: 'up' | 'down';
  readonly message: Message;
}

type PodContent = {
  metadata: { name: string; uid: string; deletionTimestamp?: string; deletionGracePeriodSeconds?: number };
  spec: { nodeName: string };
  status: { phase: string };
};

const REPORTS = /^default\/(podstatus|podpatch|pod)\//;

/** The recorded conversation about the pod, without what both sides say about other things. */
function conversation(cloud: '2020' | 'v1.23', file: string): Line[] {
  return goldenHub(cloud, file)
    .map(({ dir, message }) => ({ dir, message: decodeMessage(JSON.stringify(message)) }))
    .filter(({ message }) => REPORTS.test(message.resource));
}

let cloud: Minicloud | undefined;
let edge: FakeEdge | undefined;
afterEach(async () => {
  await edge?.close();
  await cloud?.close();
});

describe.each<[CloudProfileName, '2020' | 'v1.23', string]>([
  ['2020', '2020', 'pod-lifecycle.jsonl'],
  ['current', 'v1.23', 'pod-lifecycle.jsonl'],
  ['current', 'v1.23', 'pod-failed.jsonl'],
])('a %s cloud leads a pod through its life as the one of %s/%s', (profile, recording, file) => {
  test('every report of the Go edge has the recorded effect', async () => {
    const lines = conversation(recording, file);
    const inserted = lines.find(
      ({ dir, message }) => dir === 'down' && message.operation === 'insert',
    )!.message;
    const recorded = inserted.content as PodContent;
    const { name } = recorded.metadata;
    const node = recorded.spec.nodeName;

    cloud = await startMinicloud({ dataDir: await tempDir(), profile });
    edge = await FakeEdge.connect(cloud, node);
    await edge.ask('insert', `default/nodestatus/${node}`, nodeObject(node));
    const { metadata, spec } = structuredClone(recorded);
    const given = { apiVersion: 'v1', kind: 'Pod', metadata: { name: metadata.name, labels: {} }, spec };
    const { uid } = (await cloud.apply(given)).metadata;
    const insert = await edge.waitFor(({ resource }) => resource === inserted.resource);
    expect(insert).toMatchObject({
      source: inserted.source,
      group: inserted.group,
      operation: inserted.operation,
    });
    expect(Object.keys(insert.content as object).sort()).toEqual(Object.keys(recorded).sort());

    let deleted = false;
    for (const { dir, message } of lines) {
      const content = message.content as PodContent;
      // The user's deletion shows in the recording as the mark on the pod.
      if (dir === 'down' && !deleted && content?.metadata?.deletionTimestamp) {
        deleted = true;
        const graceSeconds = content.metadata.deletionGracePeriodSeconds!;
        await cloud.delete('Pod', 'default', name, { graceSeconds });
      }
      if (dir !== 'up' || message.operation === Operation.response) continue;
      await replay(message, metadata.uid, uid, lines);
    }
    expect(deleted).toBe(true);
    const removal = await edge.waitFor(({ operation }) => operation === 'delete', 'the final delete');
    const last = lines
      .filter(({ dir, message }) => dir === 'down' && message.operation === 'delete')
      .at(-1)!.message;
    expect(removal.resource).toBe(last.resource);
    expect(Object.keys(removal.content as object).sort()).toEqual(Object.keys(last.content as object).sort());
    expect(cloud.pods()).toEqual([]);
  });

  /** Sends a recorded report about our pod; its answer, if there was one, must have the same form and result. */
  async function replay(message: Message, from: string, to: string, lines: readonly Line[]): Promise<void> {
    const text = JSON.stringify(message.content).replaceAll(from, to);
    const sent = createMessage<unknown>({
      ...message,
      id: `${message.id}`,
      content: JSON.parse(text) as unknown,
    });
    await edge!.connection.send(sent);
    const answer = lines.find(
      ({ dir, message: { parentId } }) => dir === 'down' && parentId === message.id,
    )?.message;
    if (!answer) return;
    const got = await edge!.waitFor(
      ({ parentId }) => parentId === sent.id,
      `an answer to ${message.operation} ${message.resource}`,
    );
    const form = ({ source, group, operation, resource, resourceVersion }: Message) => [
      source,
      group,
      operation,
      resource,
      resourceVersion !== '',
    ];
    expect(form(got)).toEqual(form(answer));
    if (typeof answer.content === 'string') expect(got.content).toBe(answer.content);
    else {
      const expected = answer.content as { Object: PodContent; Err: unknown };
      expect(got.content).toMatchObject({
        Err: expected.Err,
        Object: { status: withoutTimes(expected.Object.status) },
      });
    }
  }
});

/** The API server sets times of its own. */
function withoutTimes(status: object): object {
  return JSON.parse(
    JSON.stringify(status, (key, value: unknown) =>
      /Time$|^qosClass$|^conditions$/.test(key) ? undefined : value,
    ),
  ) as object;
}
