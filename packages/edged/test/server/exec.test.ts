import { readFile } from 'node:fs/promises';
import { eventually } from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { catBytes, EXEC_MEGABYTES } from '../support/cat-bytes.js';
import { ServerFixture } from '../support/server-fixture.js';
import { SpdyClient } from '../support/spdy-client.js';
import { WsClient } from '../support/ws-client.js';

const exec = (command: string[], streams: string) =>
  `/exec/default/p/c?${new URLSearchParams(command.map((word): [string, string] => ['command', word]))}&${streams}`;
const sh = (script: string, streams = 'output=1&error=1') => exec(['sh', '-c', script], streams);
const failure = (exitCode: number) => ({
  metadata: {},
  status: 'Failure',
  message: `command terminated with non-zero exit code: command terminated with exit code ${exitCode}`,
  reason: 'NonZeroExitCode',
  details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
});

describe('exec and attach', () => {
  let fixture: ServerFixture;
  const spdy = (path: string, protocols?: string[]) =>
    SpdyClient.open({ port: fixture.port }, path, protocols);
  const ws = (path: string, ...protocols: string[]) => WsClient.open(fixture.port, path, ...protocols);
  const ended = (client: SpdyClient) => eventually(() => client.closed, { timeoutMs: 20_000 });

  beforeAll(async () => {
    fixture = await ServerFixture.start({ goneGraceMs: 200, streamsTimeoutMs: 300 });
    await fixture.run('while read line; do echo "got $line"; done; sleep 600', { stdin: true });
  });
  afterAll(() => fixture.close());

  test('a recorded session: streams answered at once, output, its ends, status, resets, goodbye', async () => {
    const client = await spdy(exec(['echo', 'exec-ok'], 'output=1&error=1'), [
      'v5.channel.k8s.io, v4.channel.k8s.io',
      'channel.k8s.io',
    ]);
    expect(client.head).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n',
    );
    await client.streams('error', 'stdout', 'stderr');
    await ended(client);
    const ends = client.heard.slice(4, 6).sort();
    expect([...client.heard.slice(0, 4), ...ends, ...client.heard.slice(6)]).toEqual([
      'reply error',
      'reply stdout',
      'reply stderr',
      'stdout exec-ok\n',
      'fin stderr',
      'fin stdout',
      'error {"metadata":{},"status":"Success"}',
      'reset error 5',
      'goaway 5 0',
    ]);
  });

  test('standard error and exit code: v4 says them in a status, older ones in text', async () => {
    const script = 'echo out; echo err >&2; exit 3';
    const client = await spdy(sh(script));
    await client.streams('error', 'stdout', 'stderr');
    await ended(client);
    expect([client.text('stdout'), client.text('stderr')]).toEqual(['out\n', 'err\n']);
    expect(client.status).toEqual(failure(3));
    for (const protocol of ['v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io']) {
      const old = await spdy(sh('exit 3'), [protocol]);
      await old.streams('error', 'stdout', 'stderr');
      await ended(old);
      expect(old.text('error')).toBe(failure(3).message);
    }
    const socket = await ws(sh(script), 'v4.channel.k8s.io');
    await socket.end();
    expect([socket.text(1), socket.text(2), socket.status]).toEqual(['out\n', 'err\n', failure(3)]);
  });

  test.each([
    ['channel.k8s.io', 'out\n', failure(3).message],
    ['base64.channel.k8s.io', 'out\n', failure(3).message],
    ['v4.base64.channel.k8s.io', 'out\n', JSON.stringify(failure(3))],
    ['v5.channel.k8s.io', 'out\n', JSON.stringify(failure(3))],
  ])('WebSocket %s', async (protocol, out, error) => {
    const socket = await ws(sh('echo out; exit 3'), protocol);
    await socket.end();
    expect([socket.socket.protocol, socket.text(1), socket.text(3)]).toEqual([protocol, out, error]);
  });

  test('a killed process is 137', async () => {
    const client = await spdy(sh('kill -9 $$'));
    await client.streams('error', 'stdout', 'stderr');
    await ended(client);
    expect(client.status).toEqual(failure(137));
  });

  test('input to its end, over SPDY and over v5 with its close message', async () => {
    const client = await spdy(exec(['cat'], 'input=1&output=1'));
    await client.streams('error', 'stdin', 'stdout');
    await client.send('stdin', Buffer.from('abc'), { fin: true });
    await ended(client);
    expect([client.text('stdout'), client.status]).toEqual(['abc', { metadata: {}, status: 'Success' }]);
    expect(client.heard.at(-1)).toBe('goaway 5 0');
    const socket = await ws(exec(['cat'], 'input=1&output=1'), 'v5.channel.k8s.io');
    await socket.send(0, 'abc');
    await socket.send(255, Buffer.from([0]));
    await socket.end();
    expect([socket.text(1), socket.status]).toEqual(['abc', { metadata: {}, status: 'Success' }]);
  });

  test.each(['spdy', 'websocket'])(`${EXEC_MEGABYTES} MB of bytes through cat, %s`, async (kind) => {
    const path = exec(['cat'], 'input=1&output=1');
    const client = kind === 'spdy' ? await spdy(path) : await ws(path, 'v5.channel.k8s.io');
    if ('streams' in client) await client.streams('error', 'stdin', 'stdout');
    const copied = await catBytes(client);
    expect(copied).toMatchObject({
      receivedBytes: copied.sentBytes,
      receivedSha256: copied.sentSha256,
      status: { status: 'Success' },
    });
  });

  test('a reader that is slow gets everything after the command has ended', async () => {
    const client = await spdy(sh('head -c 3000000 /dev/zero', 'output=1'));
    await client.streams('error', 'stdout');
    client.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 1200));
    client.socket.resume();
    await ended(client);
    expect(Buffer.concat(client.output.get('stdout')!)).toHaveLength(3_000_000);
    expect(client.status).toMatchObject({ status: 'Success' });
  });

  test('a terminal has the size sent before and after its start', async () => {
    const client = await spdy(sh('while read x; do stty size; done', 'input=1&output=1&tty=1&error=1'));
    await client.streams('error', 'stdin', 'stdout', 'resize');
    // The size is set by another process: ask until it is there.
    const shows = (size: string) =>
      eventually(async () => {
        await client.send('stdin', Buffer.from('\n'));
        return client.text('stdout').includes(size);
      });
    await client.send('resize', Buffer.from('{"Width":120,"Hei'));
    await client.send('resize', Buffer.from('ght":40}\n{"Width":0,"Height":0}'));
    await shows('40 120');
    await client.send('resize', Buffer.from('{"Width":90,"Height":30}'));
    await shows('30 90');
    await client.send('stdin', Buffer.from([4]));
    await ended(client);
    expect(client.status).toMatchObject({ status: 'Success' });
  });

  test('a client that vanishes takes its command with it, and leaves nothing here', async () => {
    const marker = `${fixture.directory}/vanished`;
    const before = process.getActiveResourcesInfo().length;
    const script = `echo $$ > ${marker}; exec sleep 600`;
    for (const leave of ['socket', 'goaway', 'websocket', 'websocket-close'] as const) {
      if (leave.startsWith('websocket')) {
        const socket = await ws(sh(script, 'input=1&output=1'), 'v4.channel.k8s.io');
        await eventually(() => socket.messages > 0);
        const pid = await pidIn(marker);
        if (leave === 'websocket') socket.socket.terminate();
        else socket.socket.close();
        await eventually(() => !isAlive(pid));
      } else {
        const client = await spdy(sh(script, 'input=1&output=1'));
        await client.streams('error', 'stdin', 'stdout');
        const pid = await pidIn(marker);
        if (leave === 'socket') client.socket.destroy();
        else client.goaway();
        await eventually(() => !isAlive(pid));
        client.socket.destroy();
      }
    }
    await eventually(() => process.getActiveResourcesInfo().length <= before);
  });

  test('what a client gave before it went is finished', async () => {
    const file = `${fixture.directory}/given`;
    const socket = await ws(sh(`cat > ${file}`, 'input=1&output=1'), 'v4.channel.k8s.io');
    await socket.send(0, 'all of it');
    // Without v5 this is how such a client ends its input.
    socket.socket.close();
    await eventually(async () => (await readFile(file, 'utf8').catch(() => '')) === 'all of it');
  });

  test('input nobody reads, reset input, output nobody wants: the session goes on', async () => {
    const client = await spdy(sh('sleep 0.3; echo done', 'input=1&output=1&error=1'));
    await client.streams('error', 'stdin', 'stdout', 'stderr');
    await client.send('stdin', Buffer.alloc(50_000));
    client.reset('stdin');
    client.reset('stderr');
    await ended(client);
    expect([client.text('stdout'), client.status]).toEqual(['done\n', { metadata: {}, status: 'Success' }]);
  });

  test('streams that do not come, come twice, or are unknown', async () => {
    const half = await spdy(sh('true'));
    await half.streams('error', 'stdout');
    await ended(half);
    const strange = await spdy(sh('true', 'output=1'));
    await strange.streams('error', 'colour', 'error', 'stdout');
    await ended(strange);
    expect(strange.heard.slice(0, 6)).toEqual([
      'reply error',
      'reply colour',
      'reset colour 5',
      'reply error',
      'reset error 5',
      'reply stdout',
    ]);
    expect(strange.status).toMatchObject({ status: 'Success' });
  });

  test('garbage ends its own session only', async () => {
    const client = await spdy(sh('sleep 600', 'output=1'));
    client.socket.write(Buffer.from('80020001000000040000000000', 'hex'));
    await ended(client);
    expect(client.heard).toEqual(['goaway 0 1']);
    expect((await fixture.get('/healthz')).body).toBe('ok');
  });

  test('refusals say why', async () => {
    expect((await spdy(sh('true'), [])).head).toMatch(
      /^HTTP\/1\.1 400 .*unable to upgrade: X-Stream-Protocol-Version is required$/s,
    );
    const { head } = await spdy(sh('true'), ['v9.channel.k8s.io']);
    expect(head).toMatch(/^HTTP\/1\.1 403 /);
    expect(head.match(/X-Accepted-Stream-Protocol-Versions: \S+/g)).toHaveLength(4);
    await expect(ws(sh('true'), 'v9.channel.k8s.io')).rejects.toThrow('403');
    const unknown = await spdy('/exec/default/p/nope?command=true&output=1');
    await unknown.streams('error', 'stdout');
    await ended(unknown);
    expect(unknown.status).toMatchObject({
      reason: 'InternalError',
      code: 500,
      message: 'Internal error occurred: error executing command in container: container not found ("nope")',
    });
  });

  test('attach joins the process itself, and lets it go on', async () => {
    const client = await spdy('/attach/default/p/c?input=1&output=1&error=1');
    await client.streams('error', 'stdin', 'stdout', 'stderr');
    await client.send('stdin', Buffer.from('hello\n'));
    await eventually(() => client.text('stdout') === 'got hello\n');
    client.socket.destroy();
    const again = await ws('/attach/default/p/c?input=1&output=1', 'v4.channel.k8s.io');
    await again.send(0, 'there\n');
    await eventually(() => again.text(1) === 'got there\n');
    again.socket.terminate();
  });

  test('a container that dies in the middle ends the session', async () => {
    const pod = await fixture.run('sleep 600', { name: 'dying' });
    const client = await spdy('/exec/default/dying/c?command=sleep&command=600&output=1');
    await client.streams('error', 'stdout');
    const attached = await spdy('/attach/default/dying/c?output=1');
    await attached.streams('error', 'stdout');
    await fixture.edged.removeCompletely(pod);
    await ended(attached);
    await ended(client);
    expect(client.status).toMatchObject({ status: 'Failure' });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A command that tells its process id in a file, each time anew. */
async function pidIn(file: string): Promise<number> {
  const known = seen.get(file);
  const pid = await eventually(async () => {
    const found = Number((await readFile(file, 'utf8').catch(() => '')).trim());
    return found > 0 && found !== known ? found : undefined;
  });
  seen.set(file, pid);
  return pid;
}
const seen = new Map<string, number>();
