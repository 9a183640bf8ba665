import { PassThrough, Readable } from 'node:stream';
import { eventually } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { MARKER, markedProcesses } from '../../src/process/process-table.js';
import { ended, run, runtimes, text } from './pod.js';

const makeRuntime = runtimes();

/** A sink and what has come into it. */
function sink() {
  const stream = new PassThrough();
  let seen = '';
  stream.on('data', (chunk: Buffer) => {
    seen += chunk.toString('latin1');
  });
  return { stream, seen: () => seen };
}

describe('exec', () => {
  test('gives exit code, stdout and stderr', async () => {
    const runtime = await makeRuntime();
    const id = await run(runtime, 'sleep 1000', {
      env: [{ name: 'NAME', value: 'a b' }],
      workingDir: '/usr',
    });
    const result = await runtime.exec(id, {
      command: ['sh', '-c', 'pwd; echo "$NAME"; echo no >&2; exit 6'],
    });
    expect(result.exitCode).toBe(6);
    expect(result.stdout.toString()).toBe('/usr\na b\n');
    expect(result.stderr.toString()).toBe('no\n');
    expect((await runtime.exec(id, { command: ['no-such-program'] })).exitCode).toBe(127);
    expect((await runtime.exec(id, { command: ['sh', '-c', 'kill -9 $$'] })).exitCode).toBe(137);
  });

  test('ends after its time, its children too', async () => {
    const runtime = await makeRuntime();
    const id = await run(runtime, 'exec sleep 1000');
    const slow = runtime.exec(id, { command: ['sh', '-c', 'sleep 1000 & sleep 1000'], timeoutMs: 100 });
    await expect(slow).rejects.toMatchObject({ code: 'ERR_EXEC_TIMEOUT' });
    await eventually(async () => (await markedProcesses(MARKER, id)).length === 1);
  });

  test('does not wait for a background child that holds its output', async () => {
    const runtime = await makeRuntime();
    const id = await run(runtime, 'exec sleep 1000');
    const result = await runtime.exec(id, { command: ['sh', '-c', 'sleep 1000 & echo up'] });
    expect(result).toMatchObject({ exitCode: 0, stdout: Buffer.from('up\n') });
    await runtime.stopContainer(id, 1000);
    expect(await markedProcesses(MARKER, id)).toEqual([]);
  });

  test('keeps the first MiB of endless output', async () => {
    const runtime = await makeRuntime();
    const id = await run(runtime, 'exec sleep 1000');
    const { stdout } = await runtime.exec(id, { command: ['sh', '-c', 'head -c 3000000 /dev/zero'] });
    expect(stdout.length).toBe(1024 * 1024);
  });

  test('streams input and output both ways', async () => {
    const runtime = await makeRuntime();
    const id = await run(runtime, 'exec sleep 1000');
    const out = sink();
    const stdin = Readable.from([Buffer.from('b\n'), Buffer.from('a\n')]);
    const session = await runtime.execStream(id, { command: ['sort'], stdin, stdout: out.stream });
    expect(await session.done).toBe(0);
    await eventually(() => out.seen() === 'a\nb\n');
  });

  test('is cancelled by its signal', async () => {
    const runtime = await makeRuntime();
    const id = await run(runtime, 'exec sleep 1000');
    const stop = new AbortController();
    const session = await runtime.execStream(id, { command: ['sleep', '1000'], signal: stop.signal });
    await eventually(async () => (await markedProcesses(MARKER, id)).length === 2);
    stop.abort(new Error('enough'));
    await expect(session.done).rejects.toThrow('enough');
    await eventually(async () => (await markedProcesses(MARKER, id)).length === 1);
  });

  test('has a terminal of the wanted size when asked for', async () => {
    const runtime = await makeRuntime();
    const id = await run(runtime, 'exec sleep 1000');
    const out = sink();
    const stdin = new PassThrough();
    const session = await runtime.execStream(id, { command: ['sh'], stdin, stdout: out.stream, tty: true });
    stdin.write('test -t 0 && echo is-a-$((1+0))-terminal\n');
    await eventually(() => out.seen().includes('is-a-1-terminal'));
    await session.resize(101, 33);
    stdin.write('stty size\n');
    await eventually(() => out.seen().includes('33 101'));
    stdin.write('exit 5\n');
    expect(await session.done).toBe(5);
  });
});

test('a container with a terminal is asked to stop as any other', async () => {
  const runtime = await makeRuntime();
  const id = await run(
    runtime,
    'test -t 0 && echo "$TERM"; trap "echo bye; exit 7" TERM; while :; do sleep 0.05; done',
    {
      tty: true,
    },
  );
  await eventually(async () => (await text(runtime.logs(id))) === 'xterm\r\n');
  await runtime.stopContainer(id, 10_000);
  expect(await runtime.containerStatus(id)).toMatchObject({ state: 'exited', exitCode: 7 });
  expect(await text(runtime.logs(id))).toMatch(/^xterm\r\n(.*\r\n)?bye\r\n$/);
  const stubborn = await run(runtime, 'trap "" TERM HUP; while :; do sleep 0.05; done', { tty: true });
  await runtime.stopContainer(stubborn, 200);
  expect(await markedProcesses(MARKER, stubborn)).toEqual([]);
});

describe('attach', () => {
  test('joins the streams of a container that reads its input', async () => {
    const runtime = await makeRuntime();
    const id = await run(
      runtime,
      'echo early; while read -r line; do echo "got $line"; [ "$line" != q ] || exit 3; done',
      {
        stdin: true,
      },
    );
    await eventually(async () => (await text(runtime.logs(id))) === 'early\n');
    const out = sink();
    const stdin = new PassThrough();
    const session = await runtime.attach(id, { stdin, stdout: out.stream });
    stdin.write('one\n');
    await eventually(() => out.seen() === 'got one\n');
    stdin.write('q\n');
    expect(await session.done).toBe(3);
    expect(out.seen()).toBe('got one\ngot q\n');
  });

  test('refuses what it cannot do', async () => {
    const runtime = await makeRuntime();
    const id = await run(runtime, 'sleep 0.3');
    await expect(runtime.attach(id, { tty: true })).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED_BY_RUNTIME',
    });
    await expect(runtime.attach(id, { stdin: new PassThrough() })).rejects.toThrow('stdin: true');
    await ended(runtime, id);
    await expect(runtime.attach(id, {})).rejects.toMatchObject({ code: 'ERR_CONTAINER_NOT_RUNNING' });
  });
});

test('stats sum over all processes of the container', async () => {
  const runtime = await makeRuntime();
  const id = await run(
    runtime,
    'sleep 1000 & setsid sleep 1000 & i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; wait',
  );
  const stats = await eventually(async () => {
    const now = await runtime.stats(id);
    return now.pids === 3 && now.cpuNanoseconds > 0n ? now : undefined;
  });
  expect(stats.memoryRssBytes).toBeGreaterThan(3 * 100 * 1024);
  expect(stats.memoryUsageBytes).toBeGreaterThanOrEqual(stats.memoryRssBytes);
  await runtime.stopContainer(id, 0);
  await expect(runtime.stats(id)).rejects.toMatchObject({ code: 'ERR_CONTAINER_NOT_RUNNING' });
});
