import { execFileSync } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { createBus } from '@edgecore/beehive';
import { EdgeStream } from '@edgecore/edgestream';
import { eventually, type GoldenLine, golden } from '@edgecore/testing';
import { afterEach, expect, test } from '@jest/globals';
import { podObject } from '../support/harness.js';
import { ReplayCloud } from '../support/replay-cloud.js';
import { ServerFixture } from '../support/server-fixture.js';
import type { Conversations } from '../support/tunnel-conversation.js';

interface Difference {
  readonly why: string;
  readonly recorded: RegExp;
  readonly ours: string;
}

/** What ours says otherwise than the Go edge; each must be met. */
const IN_2020: readonly Difference[] = [
  {
    why: 'the Go edge copies lines and ends a last line that had no end (edgestream.md §3); ours copies bytes',
    recorded: /^container "no-such" not found in pod "golden-logs"\n$/,
    ours: 'container "no-such" not found in pod "golden-logs"',
  },
  {
    why: 'the same',
    recorded: /^pod "no-such" does not exist\n$/,
    ours: 'pod "no-such" does not exist',
  },
];
const TODAY: readonly Difference[] = [
  {
    why: 'containerd repeats the command in its text; clients read status, reason and causes only (edgestream.md §10)',
    recorded:
      /"message":"command terminated with non-zero exit code: error executing command \[[^\]]*\], exit code 3"/,
    ours: '"message":"command terminated with non-zero exit code: command terminated with exit code 3"',
  },
];

let close: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of close.reverse()) await end();
  close = [];
});

/** A node with edged on processes, its tunnel up, and one pod whose container prints what the test gives it. */
async function startNode(name: string, container: string) {
  const fixture = await ServerFixture.start();
  close.push(() => fixture.close());
  const pipe = join(fixture.directory, 'output');
  execFileSync('mkfifo', [pipe]);
  const command = ['sh', '-c', `exec cat ${pipe}`];
  const pod = podObject({ containers: [{ name: container, command }] }, { name });
  await fixture.edged.insert(pod);
  const output: FileHandle = await open(pipe, 'w');
  await fixture.edged.until(pod, ({ phase }) => phase === 'Running');
  const log = `/containerLogs/default/${name}/${container}`;
  const print = async (text: string) => {
    await output.write(text);
    await eventually(async () => (await fixture.get(log)).body.endsWith(text), {
      what: `"${text}" in the log`,
    });
  };
  const cloud = await ReplayCloud.listen();
  close.push(async () => cloud.close());
  const stream = new EdgeStream({
    server: `127.0.0.1:${cloud.port}`,
    nodeName: 'edge-1',
    nodeIp: () => '10.0.0.1',
    tls: cloud.files,
    verifyServer: 'none',
    edged: { host: '127.0.0.1', port: fixture.port },
    pingMs: 50,
  });
  const bus = createBus().add(stream);
  bus.start();
  close.push(
    () => bus.stop(),
    () => output.close(),
  );
  await cloud.connected();
  return { cloud, print, stream };
}

/** Compares each connection with its recording, a listed difference put in its place. */
function expectSame(said: Conversations, recorded: Conversations, differences: readonly Difference[]): void {
  const met = new Set<Difference>();
  const asOurs = (text: string): string => {
    const found = differences.find((one) => one.recorded.test(text));
    if (found) met.add(found);
    return found ? text.replace(found.recorded, found.ours) : text;
  };
  // The clock is that of each run; its form is compared.
  const timeless = (text: string) => text.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /gm, '<time> ');
  expect([...said.ids()].sort()).toEqual([...recorded.ids()].sort());
  for (const id of recorded.ids()) {
    const parts = Object.entries(recorded.parts(id)).map(([part, words]) => [
      part,
      words.map((word) => timeless(asOurs(word))),
    ]);
    const ours = Object.entries(said.parts(id)).map(([part, words]) => [part, words.map(timeless)]);
    expect({ id, ...Object.fromEntries(ours) }).toEqual({ id, ...Object.fromEntries(parts) });
  }
  expect(differences.filter((one) => !met.has(one))).toEqual([]);
}

const frameOf = (line: GoldenLine) =>
  line['tunnel'] as { connectID: number; messageType: number; dataText?: string } | undefined;

test('2020: logs, their end, a follower that is cut, and what is not there', async () => {
  const { cloud, print, stream } = await startNode('golden-logs', 'main');
  for (let count = 0; count < 12; count++) await print(`line ${count}\n`);
  let printed = 11;
  const recorded = await cloud.play(golden('2020', 'stream-logs.jsonl'), {
    // The container of the recording prints while it is followed.
    async before({ dir, ...line }) {
      const { connectID, dataText = '' } = frameOf({ dir, ...line } as GoldenLine) ?? { connectID: 0 };
      const next = Number(/^line (\d+)\n$/.exec(dataText)?.[1]);
      if (dir === 'up' && connectID === 4 && next > printed) {
        printed = next;
        await print(dataText);
      }
    },
  });
  expectSame(cloud.said, recorded, IN_2020);
  expect(printed).toBe(16);
  expect(stream.stats()).toEqual({ connected: true, sessions: 0 });
});

test('2020: exec and figures never come through the tunnel; it is kept up by pings', async () => {
  const { cloud } = await startNode('golden-logs', 'main');
  const lines = golden('2020', 'stream-exec-metrics.jsonl');
  const recorded = await cloud.play(lines);
  await eventually(() => cloud.pings.length >= lines.length);
  expect(new Set(cloud.pings)).toEqual(new Set(lines.map(({ data }) => data)));
  expectSame(cloud.said, recorded, []);
});

test('today: one tunnel with logs, three execs, an attach, figures, and a container that is not there', async () => {
  const { cloud, print, stream } = await startNode('web-1', 'web');
  await print('started\n');
  // In the order of their ids, which is that of time: one session in one tunnel.
  const lines = ['logs', 'exec', 'attach', 'metrics', 'logs-unknown-container'].flatMap((name) =>
    golden('v1.23', `stream-${name}.jsonl`),
  );
  const recorded = await cloud.play(lines);
  const [before, now] = [recorded, cloud.said].map(
    (one) => JSON.parse(one.text(7)) as Record<string, object>,
  );
  expect(Object.keys(now!)).toEqual(Object.keys(before!));
  expect(Object.keys(now!['node']!)).toEqual(
    expect.arrayContaining(['nodeName', 'cpu', 'memory', 'fs', 'rlimit']),
  );
  // Figures are of this machine: their names are compared with the server's own recording.
  expectSame(without(cloud.said, 7), without(recorded, 7), TODAY);
  expect([cloud.said.removes(7), recorded.removes(7)]).toEqual([1, 1]);
  expect(stream.stats()).toEqual({ connected: true, sessions: 0 });
});

function without(conversations: Conversations, left: number): Conversations {
  const ids = [...conversations.ids()].filter((id) => id !== left);
  return Object.assign(Object.create(conversations) as Conversations, {
    ids: () => ids.values(),
    parts: (id: number) => conversations.parts(id),
  });
}
