import { expect, test } from '@jest/globals';
import { codeOf, collect, type Fixture, text } from './fixture.js';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;

export function logTests(fixture: Fixture): void {
  const stepMs = fixture.setup.differences?.logTimeStepMs ?? 0;

  test('keep order, stream and time of each line', async () => {
    const { id } = await fixture.runShared('echo one; sleep 0.1; echo two >&2; sleep 0.1; printf three');
    await fixture.exited(id);
    const records = await collect(fixture.runtime.logs(id));
    expect(records.map(({ stream, data }) => [stream, data.toString()])).toEqual([
      ['stdout', 'one\n'],
      ['stderr', 'two\n'],
      ['stdout', expect.stringMatching(/^three\n?$/)],
    ]);
    for (const { time } of records) expect(time).toMatch(TIME);
    expect(records.map(({ time }) => time)).toEqual(records.map(({ time }) => time).sort());
  });

  test('give the last lines, or those since a time', async () => {
    const { runtime } = fixture;
    // So long that a record's time, cut off to its step, is still later than the ones before.
    const pause = (300 + 2 * stepMs) / 1000;
    const { id } = await fixture.runShared(`for i in 1 2 3 4 5; do echo $i; done; sleep ${pause}; echo late`);
    await fixture.exited(id);
    expect(await text(runtime.logs(id, { tailLines: 2 }))).toBe('5\nlate\n');
    expect(await text(runtime.logs(id, { tailLines: 0 }))).toBe('');
    expect(await text(runtime.logs(id, { tailLines: 100 }))).toBe('1\n2\n3\n4\n5\nlate\n');
    const late = (await collect(runtime.logs(id))).at(-1)!;
    expect(await text(runtime.logs(id, { sinceMs: Date.parse(late.time) - 100 }))).toBe('late\n');
    expect(await text(runtime.logs(id, { sinceMs: Date.now() + 60_000 }))).toBe('');
  });

  test('split lines longer than 16 KiB, and lose nothing of them', async () => {
    const { id } = await fixture.runShared('head -c 40000 /dev/zero | tr "\\0" x; echo; echo end');
    await fixture.exited(id);
    const records = await collect(fixture.runtime.logs(id));
    expect(records.map(({ data }) => data.toString()).join('')).toBe(`${'x'.repeat(40_000)}\nend\n`);
    for (const { data } of records) expect(data.length).toBeLessThanOrEqual(16 * 1024 + 1);
    expect(records.length).toBeGreaterThanOrEqual(4);
  });

  test('are followed until the container ends', async () => {
    const { id } = await fixture.runShared('echo first; sleep 0.3; echo second; exit 1');
    expect(await text(fixture.runtime.logs(id, { follow: true }))).toBe('first\nsecond\n');
    expect((await fixture.exited(id)).exitCode).toBe(1);
    expect(await text(fixture.runtime.logs(id, { follow: true, tailLines: 1 }))).toBe('second\n');
  });

  test('are followed until nobody reads them any more', async () => {
    const { runtime } = fixture;
    const { id } = await fixture.runShared('while :; do echo tick; sleep 0.02; done');
    const abort = new AbortController();
    let seen = 0;
    for await (const { data } of runtime.logs(id, { follow: true, signal: abort.signal })) {
      expect(data.toString()).toBe('tick\n');
      if (++seen === 3) abort.abort();
    }
    expect(seen).toBeGreaterThanOrEqual(3);
    for await (const _ of runtime.logs(id, { follow: true })) break;
    expect((await runtime.containerStatus(id)).state).toBe('running');
  });

  test('of a terminal are lines too', async () => {
    const started = await fixture
      .run('echo one; echo two >&2', { tty: true })
      .catch((error: unknown) => error);
    if (started instanceof Error) {
      // A runtime may have no terminals for containers, but it has to say so.
      expect(started).toMatchObject({ code: 'ERR_UNSUPPORTED_BY_RUNTIME' });
      return;
    }
    const { id } = started as { id: string };
    await fixture.exited(id);
    const records = await collect(fixture.runtime.logs(id));
    expect(records.map(({ stream, data }) => [stream, data.toString()])).toEqual([
      ['stdout', 'one\r\n'],
      ['stdout', 'two\r\n'],
    ]);
    expect(records[0]!.time).toMatch(TIME);
  });

  test('of what does not exist are refused', async () => {
    expect(await codeOf(collect(fixture.runtime.logs('f'.repeat(64))))).toBe('ERR_RUNTIME_NOT_FOUND');
  });
}
