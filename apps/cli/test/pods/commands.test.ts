import { createHash, randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer as createHttpServer, get, type Server } from 'node:http';
import { connect, createServer } from 'node:net';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { eventually } from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { podObject } from '../../../../packages/edged/test/support/harness.js';
import type { ServerFixture } from '../../../../packages/edged/test/support/server-fixture.js';
import { podDirectory, podNode, start } from './pod-node.js';

describe('the pods of a node, on plain processes', () => {
  let dataDir: string;
  let edged: ServerFixture;
  const run = (argv: string[], settings?: Parameters<typeof start>[1]) => {
    const at = argv.includes('--') ? argv.indexOf('--') : argv.length;
    return start([...argv.slice(0, at), '--data-dir', dataDir, ...argv.slice(at)], settings);
  };
  const done = async (argv: string[], settings?: Parameters<typeof start>[1]) => {
    const running = run(argv, settings);
    if (!settings?.stdin) running.stdin.end();
    const code = await running.code;
    return { code, stdout: running.stdout().toString(), stderr: running.stderr() };
  };
  const sh = (script: string) => ['exec', 'p', '--', 'sh', '-c', script];

  beforeAll(async () => {
    ({ dataDir, edged } = await podNode());
    await edged.run('echo one; echo two; while read line; do echo "got $line"; done; sleep 600', {
      stdin: true,
    });
    const two = podObject(
      {
        containers: ['a', 'b'].map((name) => ({
          name,
          command: ['sh', '-c', `echo ${name} says; sleep 600`],
        })),
      },
      { name: 'two' },
    );
    await edged.edged.insert(two);
    await edged.edged.until(two, ({ phase }) => phase === 'Running');
    await edged.run('echo last; exit 3', { name: 'ended', phase: 'Failed' });
  });
  afterAll(() => edged.close());

  describe('logs', () => {
    test('everything, the newest lines, so many bytes, with times', async () => {
      await eventually(async () => (await done(['logs', 'p'])).stdout === 'one\ntwo\n');
      expect(await done(['logs', 'default/p', '--tail', '1'])).toEqual({
        code: 0,
        stdout: 'two\n',
        stderr: '',
      });
      expect((await done(['logs', 'p', '--limit-bytes', '5', '--since', '1h'])).stdout).toBe('one\nt');
      expect((await done(['logs', 'p', '--timestamps', '--tail', '1'])).stdout).toMatch(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z two\n$/,
      );
      expect((await done(['logs', 'p', '--since-time', '2099-01-01T00:00:00Z'])).stdout).toBe('');
    });

    test('of each container; the choice is said', async () => {
      await eventually(async () => (await done(['logs', 'two', '-c', 'b'])).stdout === 'b says\n');
      expect(await done(['logs', 'two'])).toEqual({
        code: 0,
        stdout: 'a says\n',
        stderr: 'Defaulted container "a" out of: a, b\n',
      });
      expect(await done(['logs', 'two', '--all-containers', '--prefix'])).toEqual({
        code: 0,
        stdout: '[pod/two/a] a says\n[pod/two/b] b says\n',
        stderr: '',
      });
    });

    test('follow until interrupted; the end of the container ends it', async () => {
      const following = run(['logs', '-f', '--all-containers', 'two']);
      await eventually(() => following.stdout().toString().split('\n').length === 3, { intervalMs: 10 });
      following.stop();
      expect(await following.code).toBe(0);
      expect(await done(['logs', '-f', 'ended'])).toEqual({ code: 0, stdout: 'last\n', stderr: '' });
    });

    test.each([
      [['nope'], 'pod "default/nope" not found on this node; it has default/ended, default/p, default/two'],
      [
        ['p', '-n', 'other'],
        'pod "other/p" not found on this node; there is one in another namespace: -n default',
      ],
      [['two', '-c', 'x'], 'container "x" not found in pod "two"; it has a, b'],
      [['p', '-p'], 'previous terminated container "c" in pod "p" not found'],
      [
        ['p', '-c', 'c', '--all-containers'],
        '--all-containers and --container: only one of the two can be used',
      ],
    ])('%j is refused in words', async (argv, message) => {
      expect(await done(['logs', ...argv])).toEqual({
        code: 1,
        stdout: '',
        stderr: `edgecore: ${message}\n`,
      });
    });
  });

  describe('exec', () => {
    test('output, errors, exit code', async () => {
      expect(await done(sh('echo out; echo err >&2'))).toEqual({ code: 0, stdout: 'out\n', stderr: 'err\n' });
      expect(await done(sh('exit 3'))).toMatchObject({
        code: 3,
        stderr: 'command terminated with exit code 3\n',
      });
      expect((await done(sh('kill -9 $$'))).code).toBe(137);
    });

    test('what cannot be run, and a container that does not run', async () => {
      const missing = await done(['exec', 'p', '--', '/does/not/exist']);
      expect(missing.code).toBeGreaterThan(0);
      expect(missing.stderr).toMatch(/not found|no such file|exit code 12[67]/i);
      expect(await done(['exec', 'ended', '--', 'true'])).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^edgecore: .*container/),
      });
      expect(await done(['exec', 'p', 'ls', '/'])).toMatchObject({
        code: 1,
        stderr: 'edgecore: put "--" before the command: edgecore exec p -- ls /\n',
      });
    });

    test('20 MB in and out through a slow reader, byte for byte', async () => {
      const blocks = Array.from({ length: 20 }, () => randomBytes(1_000_000));
      const running = run(['exec', '-i', 'p', '--', 'cat'], { stdin: Readable.from(blocks), slow: true });
      expect(await running.code).toBe(0);
      const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
      expect(running.stdout()).toHaveLength(20_000_000);
      expect(sum(running.stdout())).toBe(sum(Buffer.concat(blocks)));
    });

    test('the end of input is told, an input that never ends does not hold the command', async () => {
      const counting = run(['exec', '-i', 'p', '--', 'wc', '-c']);
      counting.stdin.end('12345');
      expect(await counting.code).toBe(0);
      expect(counting.stdout().toString().trim()).toBe('5');
      const open = run(['exec', '-i', 'p', '--', 'head', '-n', '1']);
      open.stdin.write('line\n');
      expect(await open.code).toBe(0);
      expect(open.stdout().toString()).toBe('line\n');
    });

    test('-t without a terminal is said and left out', async () => {
      const piped = await done(['exec', '-it', 'p', '--', 'sh', '-c', 'test -t 0 || echo plain']);
      expect(piped).toEqual({
        code: 0,
        stdout: 'plain\n',
        stderr: 'Unable to use a TTY - input is not a terminal or the right kind of file\n',
      });
    });

    test('whoever leaves ends the command', async () => {
      const running = run(sh('echo $$; exec sleep 600'));
      const pid = await eventually(() => Number(running.stdout().toString()) || undefined);
      running.stop();
      expect(await running.code).toBe(0);
      await eventually(() => {
        try {
          process.kill(pid, 0);
          return false;
        } catch {
          return true;
        }
      });
    });

    test('attach: input and what it prints from now on', async () => {
      const attached = run(['attach', '-i', 'p']);
      await eventually(
        () => {
          attached.stdin.write('word\n');
          return attached.stdout().toString().startsWith('got word\n');
        },
        { intervalMs: 200 },
      );
      attached.stop();
      expect(await attached.code).toBe(0);
    });
  });

  describe('port-forward', () => {
    let service: Server;
    let port: number;
    const body = randomBytes(2_000_000);

    beforeAll(async () => {
      // Pods of this runtime share the network of the machine: what listens here listens in the pod.
      service = createHttpServer((request, response) => {
        void text(request).then((sent) => response.end(request.url === '/big' ? body : `hello ${sent}`));
      });
      await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
      port = (service.address() as { port: number }).port;
    });
    afterAll(() => {
      service.close();
    });

    const forwarding = async (remote: number) => {
      const running = run(['port-forward', 'p', `:${remote}`]);
      const line = /Forwarding from 127\.0\.0\.1:(\d+) -> (\d+)\n/;
      const found = await eventually(() => {
        expect(running.stderr()).toBe('');
        return line.exec(running.stdout().toString()) ?? undefined;
      });
      expect(Number(found[2])).toBe(remote);
      return { running, local: Number(found[1]) };
    };
    const fetchBody = (url: string) =>
      new Promise<Buffer>((resolve, reject) => {
        get(url, { agent: false }, (response) => resolve(buffer(response))).on('error', reject);
      });

    test('many connections at once, each whole; a clean end', async () => {
      const { running, local } = await forwarding(port);
      const bodies = await Promise.all(
        Array.from({ length: 20 }, () => fetchBody(`http://127.0.0.1:${local}/big`)),
      );
      expect(bodies.every((one) => one.equals(body))).toBe(true);
      expect(
        running
          .stdout()
          .toString()
          .match(/Handling connection for/g),
      ).toHaveLength(20);
      expect(running.stderr()).toBe('');
      running.stop();
      expect(await running.code).toBe(0);
      await expect(fetchBody(`http://127.0.0.1:${local}/`)).rejects.toThrow('ECONNREFUSED');
    });

    test('the end of the caller’s side reaches the pod', async () => {
      // By events: reading a socket with `for await` destroys its other half, too.
      const echo = createServer({ allowHalfOpen: true }, (socket) => {
        let all = '';
        socket.on('data', (data) => (all += data)).on('end', () => socket.end(`whole: ${all}`));
      });
      await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
      const { running, local } = await forwarding((echo.address() as { port: number }).port);
      const socket = connect({ port: local, host: '127.0.0.1', allowHalfOpen: true });
      socket.end('abc');
      expect(await text(socket)).toBe('whole: abc');
      running.stop();
      expect(await running.code).toBe(0);
      echo.close();
    });

    test('a port nobody listens on: the reason, and the next connection is served as ever', async () => {
      const closed = createServer();
      await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
      const free = (closed.address() as { port: number }).port;
      closed.close();
      const { running, local } = await forwarding(free);
      await expect(fetchBody(`http://127.0.0.1:${local}/`)).rejects.toThrow();
      await eventually(() => running.stderr().includes('ECONNREFUSED'));
      expect(running.stderr()).toMatch(
        new RegExp(
          `^an error occurred forwarding ${local} -> ${free}: error forwarding port ${free} to pod p_default`,
        ),
      );
      running.stop();
      expect(await running.code).toBe(0);
    });

    test('a port that is taken, a pod that has ended', async () => {
      expect(await done(['port-forward', 'p', `${port}:80`])).toMatchObject({
        code: 1,
        stderr: `edgecore: cannot listen on 127.0.0.1:${port} (EADDRINUSE); another port: 0:80 takes any free one\n`,
      });
      expect(await done(['port-forward', 'ended', '80'])).toMatchObject({
        code: 1,
        stderr: 'edgecore: unable to forward port because pod is not running. Current status=Failed\n',
      });
    });
  });

  test('top: pods and the node', async () => {
    const pods = await done(['top', 'pod']);
    expect(pods.stdout).toMatch(/^NAME +CPU\(cores\) +MEMORY\(bytes\)\np +\d+m +\d+Mi\ntwo +\d+m +\d+Mi\n$/);
    const one = JSON.parse((await done(['top', 'pod', 'two', '--json'])).stdout);
    expect(one).toEqual([
      {
        namespace: 'default',
        name: 'two',
        cpuNanoCores: expect.any(Number),
        memoryBytes: expect.any(Number),
        containers: ['a', 'b'].map((name) =>
          expect.objectContaining({ name, memoryBytes: expect.any(Number) }),
        ),
      },
    ]);
    expect((await done(['top', 'pod', '-n', 'none'])).stderr).toBe('No pods run here in namespace none.\n');
    expect((await done(['top', 'node'])).stdout).toMatch(/^NAME .*\nedge-1 +\d+m +\d+% +\d+Mi +\d+%\n$/);
  });
});

test('no node: what to do', async () => {
  const { dataDir } = await podDirectory();
  for (const argv of [
    ['logs', 'p'],
    ['attach', 'p'],
    ['port-forward', 'p', '80'],
    ['top', 'node'],
  ]) {
    const running = start([...argv, '--data-dir', dataDir]);
    expect(await running.code).toBe(1);
    expect(running.stderr()).toMatch(
      /^edgecore: no node answers at .*edged\.sock \(ENOENT\); start one with: edgecore start\n$/,
    );
  }
  await rm(dataDir, { recursive: true, force: true });
});
