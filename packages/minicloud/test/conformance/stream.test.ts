import { eventually, type GoldenLine, golden } from '@edgecore/testing';
import { encodeTunnelFrame, TunnelFrameType } from '@edgecore/viaduct';
import { describe, expect, test } from '@jest/globals';
import type { RawStream } from '../kube-client.js';
import { Lab, webPod } from '../lab.js';
import type { ConnectContent } from '../tunnel-edge.js';

const lab = new Lab();

interface Recorded {
  readonly dir: 'up' | 'down';
  readonly type: number;
  readonly data: Buffer;
}

/** The sessions of a recording, by id. All its ids and types are of one byte. */
function sessionsOf(lines: GoldenLine[]): Map<number, Recorded[]> {
  const sessions = new Map<number, Recorded[]>();
  for (const { dir, raw, kind } of lines) {
    if (kind !== 'text') continue;
    const frame = Buffer.from(raw!, 'hex');
    const list = sessions.get(frame[0]!) ?? [];
    list.push({ dir, type: frame[1]!, data: frame.subarray(2) });
    sessions.set(frame[0]!, list);
  }
  // A recording may begin with the end of a session before it.
  return new Map([...sessions].filter(([, [first]]) => first!.type !== TunnelFrameType.removeConnect));
}

const RECORDINGS = [
  ['2020', '2020', 'stream-logs.jsonl'],
  ['current', 'v1.23', 'stream-logs.jsonl'],
  ['current', 'v1.23', 'stream-logs-unknown-container.jsonl'],
  ['current', 'v1.23', 'stream-metrics.jsonl'],
  ['current', 'v1.23', 'stream-exec.jsonl'],
  ['current', 'v1.23', 'stream-attach.jsonl'],
] as const;

describe.each(RECORDINGS)('profile %s, recording %s/%s', (profile, from, file) => {
  test('the cloud sends what the real one sent', async () => {
    const { cloud, edge, client } = await lab.streaming(profile);
    let count = 0;
    for (const [recordedId, frames] of sessionsOf(golden(from, file))) {
      const connect = JSON.parse(frames[0]!.data.toString()) as ConnectContent;
      const path = await apiPath(connect, async (pod) => {
        const { namespace, name } = pod.metadata;
        // One of the sessions before may have been about a pod of this name with another container.
        if (cloud.get('Pod', namespace, name))
          await cloud.delete('Pod', namespace, name, { graceSeconds: 0 });
        await cloud.apply(pod);
      });
      const isStream = connect.method !== undefined;
      const headers = Object.entries(connect.header).flatMap(([name, values]) =>
        values.map((value): [string, string] => [name, value]),
      );
      const raw = isStream
        ? await client.stream(
            path,
            headers.map((header) => header.join(': ')),
            connect.method,
          )
        : undefined;
      const opened = raw ? undefined : client.open(path, Object.fromEntries(headers));
      const { id } = await edge.session(count);
      count += 1;

      // The request, byte for byte except the number.
      const ours = edge.asked[count - 1]!.data.toString().replace(`"MessID":${id}`, `"MessID":${recordedId}`);
      expect(ours).toBe(frames[0]!.data.toString());

      const said = await replay(frames.slice(1), { id, edge, raw });
      const response = await opened;
      if (response) {
        let body = '';
        response.on('data', (data) => (body += String(data)));
        response.on('error', () => {});
        await eventually(() => body === said.up.toString());
        expect(response.statusCode).toBe(200);
        if (said.cloudRemoves) response.destroy();
      } else {
        await eventually(() => raw!.received.equals(said.up));
        if (said.cloudRemoves) raw!.socket.destroy();
        expect(edge.bytes(id)).toEqual(said.down);
      }
      // It says goodbye exactly once, and only when the edge did not.
      if (said.cloudRemoves) await eventually(() => edge.removes(id) === 1);
      expect(edge.removes(id)).toBe(said.cloudRemoves ? 1 : 0);
    }
    expect(count).toBeGreaterThan(0);
  });
});

test('2020 carries nothing but logs: exec and figures send no frame, and say why', async () => {
  const recording = golden('2020', 'stream-exec-metrics.jsonl');
  expect(recording.every(({ kind }) => kind === 'control')).toBe(true);
  const { edge, client } = await lab.streaming('2020');
  const pod = '/api/v1/namespaces/default/pods/web';
  for (const verb of ['exec?command=ls&stdout=true', 'attach?stdout=true', 'portforward']) {
    const stream = await client.stream(`${pod}/${verb}`, ['Connection: Upgrade', 'Upgrade: SPDY/3.1']);
    await eventually(() => stream.isClosed);
    expect(stream.received.toString()).toMatch(/^HTTP\/1\.1 400 [\s\S]*carries logs only/);
  }
  expect(await client.get('/api/v1/nodes/edge-1/proxy/stats/summary')).toMatchObject({
    status: 400,
    problem: { reason: 'BadRequest', message: expect.stringContaining('profile 2020') },
  });
  expect(edge.frames).toEqual([]);
});

/** Plays the edge's frames and the client's bytes in their order. */
async function replay(
  frames: readonly Recorded[],
  { id, edge, raw }: { id: number; edge: Edge; raw: RawStream | undefined },
) {
  const up: Buffer[] = [];
  const down: Buffer[] = [];
  let edgeRemoved = false;
  let cloudRemoves = false;
  for (const { dir, type, data } of frames) {
    if (dir === 'up') {
      edge.raw(encodeTunnelFrame(BigInt(id), type, data));
      if (type === TunnelFrameType.data) {
        up.push(data);
        // The recorded client waited for this answer, too.
        await eventually(() => !raw || raw.received.equals(Buffer.concat(up)));
      } else edgeRemoved = true;
    } else if (type === TunnelFrameType.data) {
      down.push(data);
      raw!.socket.write(data);
      await eventually(() => edge.bytes(id).equals(Buffer.concat(down)));
    } else if (!edgeRemoved) cloudRemoves = true;
    if (cloudRemoves) break;
  }
  return { up: Buffer.concat(up), down: Buffer.concat(down), cloudRemoves };
}

type Edge = Awaited<ReturnType<Lab['streaming']>>['edge'];

/** What a client asks the API server for so that the recorded request comes out; makes the pod it is about. */
async function apiPath(
  { url }: ConnectContent,
  apply: (pod: ReturnType<typeof webPod>) => Promise<unknown>,
): Promise<string> {
  const [, verb = '', namespace = '', name = '', container = ''] = url.Path.split('/');
  if (verb === 'stats') return '/api/v1/nodes/edge-1/proxy/stats/summary';
  await apply(webPod({}, namespace, name, container));
  const query = new URLSearchParams(url.RawQuery);
  const words: Record<string, string> = { input: 'stdin', output: 'stdout', error: 'stderr' };
  const pairs = [...query].map(([key, value]): [string, string] =>
    words[key] ? [words[key], 'true'] : [key, value],
  );
  const asked = new URLSearchParams([['container', container], ...pairs]);
  const sub = verb === 'containerLogs' ? 'log' : verb;
  return `/api/v1/namespaces/${namespace}/pods/${name}/${sub}?${asked}`;
}
