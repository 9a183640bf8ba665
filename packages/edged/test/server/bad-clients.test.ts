import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { eventually } from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { dataHead, goaway, ping, rstStream, synStream } from '../../src/server/spdy/frames.js';
import { openSockets } from '../support/open-sockets.js';
import { ServerFixture } from '../support/server-fixture.js';
import { SpdyClient } from '../support/spdy-client.js';
import { WsClient } from '../support/ws-client.js';

const EXEC = '/exec/default/p/c?command=cat&input=1&output=1';

describe('clients that misbehave', () => {
  let fixture: ServerFixture;
  const open = async (): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port: fixture.port, allowHalfOpen: true });
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  const isWell = async () => expect((await fixture.get('/healthz', { Connection: 'close' })).body).toBe('ok');

  beforeAll(async () => {
    fixture = await ServerFixture.start({
      goneGraceMs: 100,
      streamsTimeoutMs: 200,
      streamIdleTimeoutMs: 600,
    });
    await fixture.run('sleep 600');
    await eventually(async () => (await fixture.get('/healthz', { Connection: 'close' })).status === 200);
  });
  afterAll(() => fixture.close());

  test.each([
    [
      'refused',
      'GET /exec/default/nope/c?output=1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n',
    ],
    [
      'a path without upgrades',
      'GET /pods HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    ],
  ])('an upgrade that is %s is closed, whether its client closes or not', async (_, head) => {
    const before = openSockets();
    const clients = await Promise.all(Array.from({ length: 20 }, open));
    for (const [index, socket] of clients.entries()) {
      socket.write(head);
      const [answer] = await once(socket, 'data');
      expect(String(answer)).toMatch(/^HTTP\/1\.1 40\d /);
      if (index % 2 === 0) socket.end();
    }
    // The halves kept open here are all there may be.
    await eventually(() => openSockets() < before + 15, { what: 'the server lets them go' });
    for (const socket of clients) socket.destroy();
  });

  test('half a request, half an upgrade, half a frame: nobody else waits for it', async () => {
    const halves = [
      'GET /pods HT',
      'POST /exec/default/p/c?output=1 HTTP/1.1\r\nHost: local',
      `POST ${EXEC} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n\x80\x03\x00`,
    ];
    const before = openSockets();
    const sockets = await Promise.all(
      halves.map(async (half) => {
        const socket = await open();
        socket.write(Buffer.from(half, 'latin1'));
        return socket;
      }),
    );
    await isWell();
    for (const socket of sockets) socket.destroy();
    await eventually(() => openSockets() <= before);
  });

  test.each([
    ['a header of 40 kB', `X-Big: ${'x'.repeat(40_000)}\r\n`],
    ['5000 headers', 'X-Many: 1\r\n'.repeat(5000)],
    ['a header that is none', 'no colon here\r\n'],
  ])('%s is refused to its sender', async (_, header) => {
    const socket = await open();
    socket.write(
      `GET ${EXEC} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n${header}\r\n`,
    );
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 4\d\d /);
    socket.destroy();
    await isWell();
  });

  test('a client that says nothing any more is closed; one that only listens to output is not', async () => {
    const silent = await SpdyClient.open({ port: fixture.port }, EXEC);
    await silent.streams('error', 'stdin', 'stdout');
    const talking = `/exec/default/p/c?${new URLSearchParams({ command: 'sh' })}&command=-c&command=${encodeURIComponent('for i in 1 2 3 4 5 6; do echo $i; sleep 0.25; done')}&output=1`;
    const listener = await WsClient.open(fixture.port, talking, 'v5.channel.k8s.io');
    const other = await SpdyClient.open({ port: fixture.port }, talking);
    await other.streams('error', 'stdout');
    await Promise.all([silent.end(), listener.end(), other.end()]);
    expect(silent.status).toBeUndefined();
    for (const client of [listener, other]) expect(client.status).toMatchObject({ status: 'Success' });
    expect([listener.text(1), other.text('stdout')]).toEqual(Array(2).fill('1\n2\n3\n4\n5\n6\n'));
  });

  test('whatever bytes follow an upgrade concern that session only, and leave nothing behind', async () => {
    const before = openSockets();
    const id = fc.integer({ min: 0, max: 9 });
    const bytes = fc.uint8Array({ maxLength: 60 }).map((some) => Buffer.from(some));
    const frame = fc.oneof(
      bytes,
      fc.tuple(id, bytes).map(([stream, block]) => synStream(stream, block)),
      fc
        .tuple(id, bytes, fc.boolean())
        .map(([stream, data, fin]) => Buffer.concat([dataHead(stream, data.length, fin), data])),
      fc.tuple(id, fc.nat(12)).map(([stream, status]) => rstStream(stream, status)),
      fc.nat(5).map((number) => ping(number)),
      id.map((last) => goaway(last, 0)),
      // Heads that promise what does not come, or too much.
      fc
        .constantFrom('8003000100ffffff', '0000000300ffffff', '80030001', '800300ff00000000', '80020001')
        .map((hex) => Buffer.from(hex, 'hex')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 8 }), fc.boolean(), async (frames, opensFirst) => {
        const client = await SpdyClient.open({ port: fixture.port }, EXEC);
        if (opensFirst) await client.streams('error', 'stdin', 'stdout');
        client.socket.write(Buffer.concat(frames));
        client.socket.end();
        await client.end();
      }),
      { numRuns: Number(process.env['EDGECORE_FUZZ_RUNS'] ?? 30) },
    );
    await isWell();
    await eventually(() => openSockets() <= before);
  });
});
