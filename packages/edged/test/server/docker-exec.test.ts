import { docker, eventually, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { catBytes, EXEC_MEGABYTES } from '../support/cat-bytes.js';
import { DockerFixture } from '../support/docker-fixture.js';
import type { Harness, PodObject } from '../support/harness.js';
import { SpdyClient } from '../support/spdy-client.js';
import { WsClient } from '../support/ws-client.js';

const describeDocker = await withDocker();
const KINDS = ['spdy', 'websocket'] as const;

describeDocker('exec in containers of Docker', () => {
  let fixture: DockerFixture;
  let edged: Harness;
  let port: number;
  let pod: PodObject;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    edged = await fixture.start({ http: { port: 'any', goneGraceMs: 200 } });
    port = await eventually(() => edged.edged.httpPort);
    pod = await running();
    // What the engine's client keeps open for itself is open before anything is counted.
    await (await exec('spdy', pod, ['true'], 'output=1')).end();
  });
  afterAll(() => fixture.close());

  async function running(): Promise<PodObject> {
    const made = fixture.pod({ command: ['sleep', '600'] });
    await edged.insert(made);
    await edged.until(made, ({ phase }) => phase === 'Running');
    return made;
  }

  /** A session whose streams are open. */
  async function exec(
    kind: (typeof KINDS)[number],
    { metadata }: PodObject,
    command: string[],
    streams: string,
  ) {
    const words = new URLSearchParams(command.map((word): [string, string] => ['command', word]));
    const path = `/exec/${metadata.namespace}/${metadata.name}/c?${words}&${streams}`;
    if (kind === 'websocket') return WsClient.open(port, path, 'v5.channel.k8s.io');
    const client = await SpdyClient.open({ port }, path);
    const wanted = (name: string) => streams.split('&').includes(`${name}=1`);
    await client.streams('error');
    if (wanted('input')) await client.streams('stdin');
    if (wanted('output')) await client.streams('stdout');
    if (wanted('error')) await client.streams('stderr');
    if (wanted('tty')) await client.streams('resize');
    return client;
  }

  const out = (client: SpdyClient | WsClient) =>
    client instanceof SpdyClient ? client.text('stdout') : client.text(1);
  const write = (client: SpdyClient | WsClient, stream: 'stdin' | 'resize', text: string) =>
    client instanceof SpdyClient
      ? client.send(stream, Buffer.from(text))
      : client.send(stream === 'stdin' ? 0 : 4, text);
  /** Commands of the processes in a container. */
  const processes = async (of: PodObject) =>
    (await docker('top', fixture.containerName(of), '-o', 'pid,args'))
      .split('\n')
      .slice(1)
      .flatMap((line) => line.trim().split(/\s+(.*)/)[1] ?? []);

  test.each(KINDS)(`${EXEC_MEGABYTES} MB of bytes through cat, %s`, async (kind) => {
    const started = performance.now();
    const copied = await catBytes(await exec(kind, pod, ['cat'], 'input=1&output=1'));
    expect(copied).toMatchObject({
      receivedBytes: copied.sentBytes,
      receivedSha256: copied.sentSha256,
      status: { status: 'Success' },
    });
    if (EXEC_MEGABYTES >= 100) console.info(`${kind}: ${Math.round(performance.now() - started)} ms`);
  });

  test.each(KINDS)('the terminal in the container has the sizes of the client, %s', async (kind) => {
    const script = 'while read x; do stty size; done';
    const client = await exec(kind, pod, ['sh', '-c', script], 'input=1&output=1&tty=1');
    for (const [columns, rows] of [
      [120, 40],
      [77, 21],
    ]) {
      await write(client, 'resize', `{"Width":${columns},"Height":${rows}}\n`);
      await eventually(async () => {
        await write(client, 'stdin', '\n');
        return out(client).includes(`${rows} ${columns}\r\n`);
      });
    }
    await write(client, 'stdin', '\x04');
    await client.end();
    expect(client.status).toMatchObject({ status: 'Success' });
  });

  test.each(KINDS)('a command that is killed has ended with 137, %s', async (kind) => {
    const client = await exec(kind, pod, ['sh', '-c', 'kill -9 $$'], 'output=1');
    await client.end();
    expect(client.status).toMatchObject({
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '137' }] },
    });
  });

  test.each(KINDS)('a container killed in the middle ends the session, %s', async (kind) => {
    const dying = await running();
    const client = await exec(kind, dying, ['sh', '-c', 'echo up; sleep 600'], 'input=1&output=1');
    await eventually(() => out(client) === 'up\n');
    await docker('kill', fixture.containerName(dying));
    await client.end();
    expect(client.status).toMatchObject({ status: 'Failure' });
    await edged.removeCompletely(dying);
  });

  test('clients that vanish leave no process in the container, no socket and no timer here', async () => {
    const before = process.getActiveResourcesInfo().length;
    for (const kind of KINDS) {
      const script = 'echo up; sleep 601 & exec sleep 602';
      const client = await exec(kind, pod, ['sh', '-c', script], 'input=1&output=1&error=1');
      await eventually(() => out(client) === 'up\n');
      await eventually(async () => (await processes(pod)).length === 3);
      if (client instanceof SpdyClient) client.socket.resetAndDestroy();
      else client.socket.terminate();
      await eventually(async () => (await processes(pod)).length === 1, {
        what: `${kind}: commands are gone`,
      });
      expect(await processes(pod)).toEqual(['sleep 600']);
    }
    await eventually(() => process.getActiveResourcesInfo().length <= before, {
      what: 'nothing is left open',
    });
  });
});
