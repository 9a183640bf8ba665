import { PassThrough, Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { eventually } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { codeOf, type Fixture } from './fixture.js';

export function streamTests(fixture: Fixture): void {
  test('exec gives output and exit code', async () => {
    const { id } = await fixture.runShared('sleep 1000');
    const command = ['/bin/sh', '-c', 'echo "$1"; echo problem >&2; exit 9', 'sh', 'a  b'];
    const { exitCode, stdout, stderr } = await fixture.runtime.exec(id, { command });
    expect([exitCode, stdout.toString(), stderr.toString()]).toEqual([9, 'a  b\n', 'problem\n']);
  });

  test('exec keeps one mebibyte of output and the rest does not hurt', async () => {
    const { id } = await fixture.runShared('sleep 1000');
    const command = ['/bin/sh', '-c', 'head -c 3000000 /dev/zero; echo end >&2'];
    const { exitCode, stdout, stderr } = await fixture.runtime.exec(id, { command });
    expect([exitCode, stdout.length, stderr.toString()]).toEqual([0, 1024 * 1024, 'end\n']);
  });

  test('exec ends what takes too long', async () => {
    const { runtime } = fixture;
    const { id } = await fixture.runShared('sleep 1000');
    const command = ['/bin/sh', '-c', 'sleep 98765; true'];
    expect(await codeOf(runtime.exec(id, { command, timeoutMs: 300 }))).toBe('ERR_EXEC_TIMEOUT');
    await expectGone(fixture, id, 'sleep 98765');
  });

  test('exec ends when nobody wants the answer any more', async () => {
    const { runtime } = fixture;
    const { id } = await fixture.runShared('sleep 1000');
    const abort = new AbortController();
    const command = ['/bin/sh', '-c', 'sleep 87654; true'];
    const answer = expect(runtime.exec(id, { command, signal: abort.signal })).rejects.toThrow('enough');
    await eventually(() => runningIn(fixture, id, 'sleep 87654'));
    abort.abort(new Error('enough'));
    await answer;
    await expectGone(fixture, id, 'sleep 87654');
  });

  test('exec and attach need a running container', async () => {
    const { runtime } = fixture;
    const { id } = await fixture.runShared('exit 0');
    await fixture.exited(id);
    await expect(runtime.exec(id, { command: ['true'] })).rejects.toThrow('container not found ("main")');
    expect(await codeOf(runtime.exec(id, { command: ['true'] }))).toBe('ERR_CONTAINER_NOT_RUNNING');
    expect(await codeOf(runtime.attach(id, {}))).toBe('ERR_CONTAINER_NOT_RUNNING');
    expect(await codeOf(runtime.exec('f'.repeat(64), { command: ['true'] }))).toBe('ERR_RUNTIME_NOT_FOUND');
    expect(await codeOf(runtime.attach('f'.repeat(64), {}))).toBe('ERR_RUNTIME_NOT_FOUND');
  });

  test('a stream session carries input to its end, and output apart from errors', async () => {
    const { id } = await fixture.runShared('sleep 1000');
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const session = await fixture.runtime.execStream(id, {
      command: ['/bin/sh', '-c', 'cat; echo over >&2; exit 4'],
      stdin: Readable.from(['one\n', 'two\n']),
      stdout,
      stderr,
    });
    expect(await session.done).toBe(4);
    stdout.end();
    stderr.end();
    expect(await readText(stdout)).toBe('one\ntwo\n');
    expect(await readText(stderr)).toBe('over\n');
  });

  test('a stream session can be a conversation', async () => {
    const { id } = await fixture.runShared('sleep 1000');
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    const seen: string[] = [];
    stdout.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
    const command = ['/bin/sh', '-c', 'while read line; do echo "<$line>"; done'];
    const session = await fixture.runtime.execStream(id, { command, stdin, stdout });
    stdin.write('one\n');
    await eventually(() => seen.join('') === '<one>\n');
    stdin.write('two\n');
    await eventually(() => seen.join('') === '<one>\n<two>\n');
    stdin.end();
    expect(await session.done).toBe(0);
  });

  test('a terminal has a size, and the size can change', async () => {
    const { id } = await fixture.runShared('sleep 1000');
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    const seen: string[] = [];
    stdout.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
    const command = ['/bin/sh', '-c', 'read line; stty size; exit 6'];
    const session = await fixture.runtime.execStream(id, { command, stdin, stdout, tty: true });
    await session.resize(132, 43);
    stdin.write('go\n');
    expect(await session.done).toBe(6);
    expect(seen.join('')).toContain('43 132');
  });

  test('attach joins the main process', async () => {
    const { runtime } = fixture;
    const { id } = await fixture.runShared('read line; echo "got $line"; exit 8', {
      stdin: true,
      stdinOnce: true,
    });
    const stdout = new PassThrough();
    const session = await runtime.attach(id, { stdin: Readable.from(['hello\n']), stdout });
    expect(await session.done).toBe(8);
    stdout.end();
    expect(await readText(stdout)).toBe('got hello\n');
  });

  test('leaving an attached process does not end it', async () => {
    const { runtime } = fixture;
    const { id } = await fixture.runShared('while :; do echo tick; sleep 0.05; done');
    const abort = new AbortController();
    const stdout = new PassThrough();
    const session = await runtime.attach(id, { stdout, signal: abort.signal });
    await new Promise((resolve) => stdout.once('data', resolve));
    abort.abort(new Error('left'));
    await expect(session.done).rejects.toThrow('left');
    expect((await runtime.containerStatus(id)).state).toBe('running');
  });
}

/** Looks through the container's own eyes: in its process list. */
async function runningIn({ runtime }: Fixture, id: string, commandLine: string): Promise<boolean> {
  const script = 'for f in /proc/[0-9]*/cmdline; do tr "\\0" " " < $f 2>/dev/null; echo; done';
  const { stdout } = await runtime.exec(id, { command: ['/bin/sh', '-c', script] });
  return stdout
    .toString()
    .split('\n')
    .some((line) => line.trim() === commandLine);
}

async function expectGone(fixture: Fixture, id: string, commandLine: string): Promise<void> {
  await eventually(async () => !(await runningIn(fixture, id, commandLine)), {
    what: `the end of "${commandLine}"`,
  });
}
