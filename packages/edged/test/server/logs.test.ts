import { once } from 'node:events';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { eventually } from '@edgecore/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { PodObject } from '../support/harness.js';
import { ServerFixture } from '../support/server-fixture.js';

/** Bytes this process has read, of files and sockets. */
async function bytesRead(): Promise<number> {
  return Number(/^rchar: (\d+)$/m.exec(await readFile('/proc/self/io', 'utf8'))![1]);
}

/** A response as it comes. */
async function follow(port: number, path: string): Promise<{ response: IncomingMessage; text(): string }> {
  const [response] = (await once(request({ host: '127.0.0.1', port, path }).end(), 'response')) as [
    IncomingMessage,
  ];
  const parts: Buffer[] = [];
  response.on('data', (part: Buffer) => parts.push(part)).on('error', () => {});
  return { response, text: () => Buffer.concat(parts).toString('utf8') };
}

const logFile = ({ directory }: ServerFixture, { metadata: { namespace, name, uid } }: PodObject) =>
  join(directory, 'logs', `${namespace}_${name}_${uid}`, 'c', '0.log');

const FIRST = 'for i in 1 2 3 4 5; do echo last $i; done';

let close: (() => Promise<unknown>) | undefined;
afterEach(async () => {
  await close?.();
  close = undefined;
});

test('the tail of a log of a gigabyte does not read it', async () => {
  const first = await ServerFixture.start();
  const pod = await first.run(`${FIRST}; exec sleep 600`, { name: 'giant' });
  await eventually(async () => (await first.get('/containerLogs/default/giant/c')).body.includes('last 5'));
  const id = (await first.runtime.listContainers())[0]!.id;
  const fixture = await first.restart([pod], async () => {
    // Sparse: a gigabyte in length, next to nothing on the disk; then the records as they were.
    const path = logFile(first, pod);
    const records = await readFile(path);
    const file = await open(path, 'w');
    await file.write(Buffer.from('\n'), 0, 1, 1024 ** 3 - 1);
    await file.write(records, 0, records.length, 1024 ** 3);
    await file.close();
    // The runtime keeps where the log ends.
    const position = join(first.directory, 'runtime', 'containers', id, 'log.position');
    const [stdout, stderr, size] = (await readFile(position, 'latin1')).trim().split(' ').map(Number);
    await writeFile(position, `${stdout} ${stderr} ${size! + 1024 ** 3} 0`.padEnd(127).concat('\n'));
  });
  close = () => fixture.close();
  await fixture.edged.until(pod, ({ phase }) => phase === 'Running');
  const before = await bytesRead();
  const started = performance.now();
  const { body } = await fixture.get('/containerLogs/default/giant/c?tailLines=3');
  expect(body).toBe('last 3\nlast 4\nlast 5\n');
  expect((await bytesRead()) - before).toBeLessThan(4 * 1024 * 1024);
  expect(performance.now() - started).toBeLessThan(2000);
});

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join('');

describe('logs over HTTP', () => {
  let fixture: ServerFixture;
  const LIMIT = 16 * 1024;

  beforeAll(async () => {
    fixture = await ServerFixture.start({}, { logMaxBytes: LIMIT, logMaxFiles: 10 });
  });
  afterAll(() => fixture.close());

  test('a follower of three rotations loses no line and hears none twice', async () => {
    const go = join(fixture.directory, 'go');
    // About 50 bytes a record: each 400 lines fill a file.
    const script = `i=0; for turn in 1 2 3 4; do until [ -e ${go}$turn ]; do sleep 0.02; done; n=0; while [ $n -lt 400 ]; do echo line $i; i=$((i+1)); n=$((n+1)); done; done`;
    const pod = await fixture.run(script, { name: 'rotating' });
    const { response, text } = await follow(fixture.port, '/containerLogs/default/rotating/c?follow=true');
    const turn = (number: number) => open(`${go}${number}`, 'w').then((file) => file.close());
    const heard = (lines: number) =>
      eventually(() => text() === numbers(0, lines), { what: `${lines} lines` });
    await turn(1);
    await heard(400);
    await turn(2);
    await heard(800);
    const late = await follow(fixture.port, '/containerLogs/default/rotating/c?follow=true&tailLines=600');
    await turn(3);
    await heard(1200);
    await turn(4);
    await Promise.all([response, late.response].map((one) => once(one, 'end')));
    expect(text()).toBe(numbers(0, 1600));
    expect(late.text()).toBe(numbers(200, 1600));
    const files = await readdir(join(logFile(fixture, pod), '..'));
    expect(files.filter((name) => name.startsWith('0.log')).length).toBeGreaterThan(3);
    // And after the end, read whole.
    expect((await fixture.get('/containerLogs/default/rotating/c')).body).toBe(numbers(0, 1600));
  });

  test('a limit of bytes cuts through characters and files, also for a follower', async () => {
    await fixture.run('for i in 1 2 3; do echo "äöü $i"; done; exec sleep 600', { name: 'limited' });
    const path = '/containerLogs/default/limited/c?follow=true&limitBytes=12';
    const { response, text } = await follow(fixture.port, path);
    // It ends although the container goes on.
    await once(response, 'end');
    expect(text()).toBe(Buffer.from('äöü 1\näöü').subarray(0, 12).toString('utf8'));
    const stamped = await fixture.get('/containerLogs/default/limited/c?timestamps=true&limitBytes=33');
    expect(Buffer.byteLength(stamped.body)).toBe(33);
    expect(stamped.body).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}Z ä$/);
  });

  test('since a time: the lines after it, whichever way it is said', async () => {
    const go = join(fixture.directory, 'since');
    await fixture.run(`echo old; until [ -e ${go} ]; do sleep 0.02; done; echo new; exec sleep 600`, {
      name: 'since',
    });
    const logs = (query: string) => fixture.get(`/containerLogs/default/since/c?${query}`);
    await eventually(async () => (await logs('')).body === 'old\n');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await open(go, 'w').then((file) => file.close());
    await eventually(async () => (await logs('')).body === 'old\nnew\n');
    const [old, recent] = (await logs('timestamps=true')).body.split('\n').map((line) => line.split(' ')[0]!);
    expect((await logs(`sinceTime=${recent}`)).body).toBe('new\n');
    expect((await logs(`sinceTime=${old}`)).body).toBe('old\nnew\n');
    // As many whole seconds as the newer line fits in; the older one is more than a second older.
    const seconds = Math.floor((Date.now() - Date.parse(recent!)) / 1000) + 1;
    expect((await logs(`sinceSeconds=${seconds}`)).body).toBe('new\n');
    // Both together: of the lines since then the last ones.
    expect((await logs(`sinceTime=${old}&tailLines=1`)).body).toBe('new\n');
    expect((await logs('sinceTime=2199-01-01T00:00:00%2B02:00')).body).toBe('');
  });

  test('previous: the log of the run before, while the next one runs', async () => {
    const once_ = join(fixture.directory, 'ran');
    const script = `if [ -e ${once_} ]; then echo second; exec sleep 600; fi; : > ${once_}; echo first; exit 3`;
    const pod = await fixture.run(script, { name: 'again', restartPolicy: 'Always' });
    const logs = (query: string) => fixture.get(`/containerLogs/default/again/c?${query}`);
    await fixture.edged.until(
      pod,
      ({ containerStatuses: [status] = [] }) =>
        status?.restartCount === 1 && status.state.running !== undefined,
    );
    await eventually(async () => (await logs('')).body === 'second\n');
    expect(await logs('previous=true')).toMatchObject({ status: 200, body: 'first\n' });
    expect(await logs('previous=true&follow=true&tailLines=1')).toMatchObject({
      status: 200,
      body: 'first\n',
    });
  });
});
