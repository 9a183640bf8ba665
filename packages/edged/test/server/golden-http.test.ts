import { eventually, golden } from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { podObject } from '../support/harness.js';
import { type Answer, ServerFixture } from '../support/server-fixture.js';

interface Recorded {
  readonly request: string;
  readonly responseHead: readonly string[];
  readonly bodyText?: string;
  readonly bodyJSON?: object;
}

const recordings = golden('2020', 'edged-http.jsonl') as unknown as readonly Recorded[];

/** What ours answers otherwise, by request, and why; each must be met. */
const DIFFERENCES: Readonly<Record<string, readonly string[]>> = {
  'GET /healthz': ['no x-content-type-options: a text is a text (edged.md §12)'],
  'GET /pods': [
    'content-length for transfer-encoding: the list is at hand',
    'kind and apiVersion of each item',
  ],
  'GET /stats/summary': ['content-length for transfer-encoding: the figures are at hand'],
  'GET /logs/': ["off: files of the node are nobody else's business (edged.md §12)"],
};

describe("the recorded answers of edged's HTTP server", () => {
  let fixture: ServerFixture;

  beforeAll(async () => {
    fixture = await ServerFixture.start();
    const command = ['sh', '-c', 'for i in $(seq 0 54); do echo line $i; done; exec sleep 600'];
    const pod = podObject({ containers: [{ name: 'main', command }] }, { name: 'golden-logs' });
    await fixture.edged.insert(pod);
    await fixture.edged.until(pod, ({ phase }) => phase === 'Running');
    await eventually(async () =>
      (await fixture.get('/containerLogs/default/golden-logs/main?tailLines=1')).body.includes('line 54'),
    );
  });
  afterAll(() => fixture.close());

  test.each(recordings.map((one) => [one.request, one] as const))(
    'recorded in 2020: %s',
    async (request, was) => {
      const [method, path] = request.split(' ') as [string, string];
      const answer = await fixture.get(path, {}, method);
      const differences: string[] = [];
      const note = (pattern: string) => {
        const found = DIFFERENCES[request]?.find((one) => one.startsWith(pattern));
        differences.push(found ?? `not listed: ${pattern}`);
      };
      const before = headOf(was);
      if (String(answer.status) !== before.status) note('off');
      else {
        for (const name of before.names) if (!(name in answer.headers)) noteHeader(name, answer, note);
        expect(answer.headers['content-type']).toBe(before.contentType);
        compareBody(was, answer, note);
      }
      expect(differences).toEqual(DIFFERENCES[request] ?? []);
    },
  );
});

function headOf({ responseHead: [line = '', ...lines] }: Recorded) {
  const headers = lines.map((one) => one.split(': '));
  return {
    status: line.split(' ')[1],
    names: headers.map(([name]) => name!.toLowerCase()),
    contentType: headers.find(([name]) => name === 'Content-Type')?.[1],
  };
}

function noteHeader(name: string, { headers }: Answer, note: (pattern: string) => void): void {
  if (name === 'transfer-encoding' && 'content-length' in headers)
    note('content-length for transfer-encoding');
  else note(`no ${name}`);
}

function compareBody(was: Recorded, answer: Answer, note: (pattern: string) => void): void {
  if (was.bodyText !== undefined) expect(answer.body).toBe(was.bodyText);
  if (!was.bodyJSON) return;
  const [ours, theirs] = [JSON.parse(answer.body), was.bodyJSON] as [Shape, Shape];
  expect(Object.keys(ours)).toEqual(Object.keys(theirs));
  if (ours.items) {
    expect(Object.keys(theirs.items![0]!)).toEqual(
      Object.keys(ours.items[0]!).filter((key) => key !== 'kind' && key !== 'apiVersion'),
    );
    note('kind and apiVersion');
  }
  if (ours.node) {
    expect(Object.keys(ours.node)).toEqual(expect.arrayContaining(Object.keys(theirs.node!)));
  }
}

interface Shape {
  readonly items?: readonly object[];
  readonly node?: object;
}
