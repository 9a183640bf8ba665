import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { eventually, tempDir, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { builtCli, CliProcess, runCli } from '../support/built-cli.js';
import { Embedded } from '../support/embedded.js';

const describeDocker = await withDocker();

function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => resolve(text(response))).on('error', reject);
  });
}

async function isRunning(word: string): Promise<boolean> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (words.split('\0').slice(0, 2).join(' ') === word) return true;
  }
  return false;
}

/** The commands a person at the node uses, on the example of `edgecore start`. */
function podCommands(runtime: 'process' | 'docker'): void {
  let here: Embedded;
  const on = () => ['--data-dir', here.dataDir];
  /** `edgecore exec … -- …` with input; exit code and output. */
  const exec = async (options: string[], command: string[], input: Buffer | string = '') => {
    const child = spawn(process.execPath, [
      ...[builtCli(), 'exec', ...options, ...on(), 'hello', '--', ...command],
    ]);
    child.stdin.on('error', () => {}).end(input);
    const out: Buffer[] = [];
    child.stdout.on('data', (data: Buffer) => out.push(data));
    const errors = text(child.stderr);
    const [code] = await once(child, 'close');
    return { code, stdout: Buffer.concat(out), stderr: await errors };
  };

  beforeAll(async () => {
    here = new Embedded(runtime, await tempDir('ec-'));
    await here.start();
    await here.engine();
  });
  afterAll(() => here.clean());

  test('logs', async () => {
    const all = await runCli('logs', 'hello', ...on());
    expect(all).not.toBe('');
    expect(await runCli('logs', 'hello', '--tail', '1', ...on())).toMatch(/^[^\n]+\n$/);
    const following = new CliProcess(['logs', '-f', 'hello', '--timestamps', ...on()]);
    await following.says('Z ');
    following.kill('SIGINT');
    expect(await following.exited).toEqual({ code: null, signal: 'SIGINT' });
  });

  test('exec: bytes, errors, exit codes', async () => {
    const bytes = randomBytes(5_000_000);
    const { code, stdout } = await exec(['-i'], ['cat'], bytes);
    const hash = (data: Buffer) => createHash('sha256').update(data).digest('hex');
    expect([code, hash(stdout)]).toEqual([0, hash(bytes)]);
    expect(await exec([], ['sh', '-c', 'echo no >&2; exit 7'])).toMatchObject({
      code: 7,
      stderr: 'no\ncommand terminated with exit code 7\n',
    });
    expect(await exec(['-i'], ['sh', '-c', 'kill -9 $$'])).toMatchObject({ code: 137 });
  });

  test('a command whose client is killed ends, too', async () => {
    const seconds = String(randomInt(1e6, 1e9));
    const client = new CliProcess(['exec', '-i', ...on(), 'hello', '--', 'sleep', seconds]);
    await eventually(() => isRunning(`sleep ${seconds}`), { timeoutMs: 20_000 });
    client.kill('SIGKILL');
    await eventually(async () => !(await isRunning(`sleep ${seconds}`)), { timeoutMs: 20_000 });
  });

  test('a terminal has its size, and is itself again afterwards', async () => {
    const command = `${process.execPath} ${builtCli()} exec -it ${on().join(' ')} hello -- sh -c 'until stty size 2>/dev/null | grep -qv "^0 0"; do sleep 0.1; done; stty size; exit 3'`;
    const typed = `stty rows 33 cols 99; ${command}; echo "code $?"; stty -a | tr ';' '\\n' | grep -o ' icanon'`;
    const stdout = await new Promise<string>((resolve) => {
      execFile('script', ['-qfec', typed, '/dev/null'], (_, output) => resolve(output));
    });
    expect(stdout.replaceAll('\r', '')).toMatch(/^33 99\ncode 3\n icanon\n$/);
  });

  test('port-forward', async () => {
    let remote = 8077;
    const server = createServer((_, response) => response.end('from the pod\n'));
    if (runtime === 'process') {
      // Such pods have the network of the machine.
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      remote = (server.address() as AddressInfo).port;
    } else {
      const serve = 'mkdir -p /srv && echo from the pod > /srv/x && httpd -p 8077 -h /srv';
      expect(await exec([], ['sh', '-c', serve])).toMatchObject({ code: 0 });
    }
    const forward = new CliProcess(['port-forward', 'hello', `:${remote}`, ...on()]);
    await forward.says('Forwarding from');
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(forward.output)!;
    expect(await fetchText(`http://127.0.0.1:${port}/x`)).toBe('from the pod\n');
    forward.kill('SIGINT');
    expect(await forward.exited).toEqual({ code: 0, signal: null });
    server.close();
  });

  test('top', async () => {
    expect(await runCli('top', 'pod', ...on())).toMatch(/\nhello +\d+m +\d+Mi\n$/);
    expect(await runCli('top', 'node', ...on())).toMatch(/\nembedded +\d+m +\d+% +\d+Mi +\d+%\n$/);
  });
}

describe('the commands about pods, on plain processes', () => podCommands('process'));
describeDocker('the commands about pods, on Docker', () => podCommands('docker'));
