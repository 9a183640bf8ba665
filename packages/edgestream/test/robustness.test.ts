import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBus } from '@edgecore/beehive';
import { EdgeStream, type EdgeStreamOptions } from '@edgecore/edgestream';
import { type CollectedLine, collectingLogger, eventually } from '@edgecore/testing';
import { decodeTunnelFrame, encodeTunnelFrame, TunnelFrameType } from '@edgecore/viaduct';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import * as fc from 'fast-check';
import { certificates, type Files, TunnelServer } from './support/tunnel-server.js';

const CONNECTS = [
  TunnelFrameType.logsConnect,
  TunnelFrameType.execConnect,
  TunnelFrameType.metricConnect,
  TunnelFrameType.attachConnect,
];

describe('a tunnel in bad company', () => {
  let files: Files;
  let cloud: TunnelServer;
  let edged: Server;
  let stream: EdgeStream;
  let stop: () => Promise<unknown>;
  let lines: CollectedLine[];

  beforeAll(async () => {
    files = await certificates();
    edged = createServer((request, response) => {
      if (!request.url?.includes('chatty')) response.end('ok');
      else {
        const write = () => {
          while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
        };
        response.on('drain', write).on('error', () => {});
        write();
      }
    });
    edged.on('upgrade', (_request, socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      socket.pipe(socket);
    });
    edged.listen(0, '127.0.0.1');
    await once(edged, 'listening');
  });
  afterAll(() => {
    edged.closeAllConnections();
    edged.close();
  });

  beforeEach(async () => {
    cloud = new TunnelServer(files);
    await start({});
  });
  afterEach(async () => {
    await stop();
    await cloud.close();
  });

  async function start(more: Partial<EdgeStreamOptions>) {
    stream = new EdgeStream({
      server: `127.0.0.1:${await cloud.listen()}`,
      nodeName: 'edge-1',
      nodeIp: () => '10.0.0.1',
      tls: files,
      edged: { host: '127.0.0.1', port: (edged.address() as AddressInfo).port },
      retryMs: 50,
      ...more,
    });
    lines = [];
    const bus = createBus({ log: collectingLogger(lines) }).add(stream);
    bus.start();
    stop = () => bus.stop();
    await eventually(() => cloud.handshakes.length > 0);
  }

  test('a cloud that reads nothing does not hold up a stop', async () => {
    cloud.socket!.pause();
    for (const id of [1, 2, 3]) cloud.connect(id, TunnelFrameType.logsConnect, '/containerLogs/a/chatty/c');
    // More waits than the sockets hold: sessions wait for their turn.
    await eventually(() => stream.stats().sessions === 3);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const started = performance.now();
    await stop();
    expect(performance.now() - started).toBeLessThan(4000);
    expect(stream.stats()).toEqual({ connected: false, sessions: 0 });
  });

  test('a tunnel the cloud gives up is dialled again at once, even if it never closes its end', async () => {
    const given = cloud.socket!;
    given.pause();
    given.send(Buffer.from('00056661696c6564', 'hex'), { binary: false });
    const started = performance.now();
    await eventually(() => cloud.handshakes.length === 2, { timeoutMs: 15_000 });
    expect(performance.now() - started).toBeLessThan(4000);
  });

  test('huge and strange headers of a request concern that request only', async () => {
    const headers: Record<string, unknown>[] = [
      { 'X-Big': ['x'.repeat(200_000)] },
      Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`X-${index}`, ['y']])),
      { 'X-Many': Array(5000).fill('z') },
      {
        'X-Text': ['\u00e4\u2714', '\ud800'],
        'Bad Name': ['v'],
        'X-Split': ['a\r\nX-Injected: 1'],
        'X-None': [null, 7, {}],
      },
      {
        Host: ['elsewhere'],
        'Content-Length': ['99'],
        'Transfer-Encoding': ['chunked'],
        Expect: ['100-continue'],
      },
    ];
    let id = 0;
    for (const header of headers) {
      for (const type of CONNECTS) {
        id += 1;
        cloud.connect(
          id,
          type,
          type === TunnelFrameType.metricConnect ? '/metrics' : '/containerLogs/a/b/c',
          {
            header: { Connection: ['Upgrade'], Upgrade: ['SPDY/3.1'], ...header },
          },
        );
        // Echoing streams go on until the cloud ends them.
        await eventually(() => cloud.of(id).length > 0);
        cloud.send(encodeTunnelFrame(BigInt(id), TunnelFrameType.removeConnect));
        await cloud.ended(id);
        expect(cloud.removes(id)).toBe(1);
      }
    }
    expect(stream.stats()).toEqual({ connected: true, sessions: 0 });
  });

  /** Resolves when all that was sent before has been read. */
  async function read(marker: number) {
    cloud.connect(marker, TunnelFrameType.metricConnect, '/metrics');
    await cloud.ended(marker);
  }

  test('what the cloud does wrong many times is told once a minute, with a count', async () => {
    const elapsed = performance.now.bind(performance);
    const told = (text: string) =>
      lines.filter((line) => line.text.includes(text)).map(({ fields }) => fields);
    for (let each = 0; each < 300; each++) {
      cloud.send(Buffer.from([0x80]));
      cloud.connect(each, TunnelFrameType.logsConnect, '/elsewhere');
    }
    await read(1000);
    expect(told('broken tunnel frame')).toEqual([{ error: expect.any(String), bytes: 1 }]);
    expect(told('is refused')).toHaveLength(1);

    const later = jest.spyOn(performance, 'now').mockImplementation(() => elapsed() + 60_000);
    try {
      cloud.send(Buffer.from([0x80, 0x80]));
      cloud.send(Buffer.from([0x80]));
      await read(1001);
    } finally {
      later.mockRestore();
    }
    expect(told('broken tunnel frame').slice(1)).toEqual([
      { error: expect.any(String), bytes: 2, notTold: 299 },
    ]);
  });

  test('the first broken frame of the next connection is told at once', async () => {
    cloud.send(Buffer.from([0x80]));
    await read(1);
    cloud.socket!.terminate();
    await eventually(() => cloud.handshakes.length === 2);
    cloud.send(Buffer.from([0x80]));
    await read(2);
    expect(lines.filter(({ text }) => text.includes('broken tunnel frame'))).toHaveLength(2);
  });

  test('whatever frames come: one remove for each connection, nothing after it, and the tunnel lives', async () => {
    let marker = 1000;
    const id = fc.integer({ min: 0, max: 6 });
    const bytes = fc.uint8Array({ maxLength: 40 }).map((some) => Buffer.from(some));
    const path = fc.constantFrom(
      '/containerLogs/a/b/c',
      '/exec/a/b/c',
      '/metrics',
      '/pods',
      '/exec/../x',
      '',
    );
    const request = fc.oneof(
      path.map((Path) =>
        JSON.stringify({
          url: { Path, RawQuery: 'follow=true' },
          header: { Connection: ['Upgrade'], Upgrade: ['SPDY/3.1'] },
        }),
      ),
      fc.json(),
      fc.string(),
    );
    const step = fc.oneof(
      bytes.map((raw) => ({ raw })),
      fc.record({ id, type: fc.constantFrom(...CONNECTS), content: request.map((one) => Buffer.from(one)) }),
      fc.record({ id, type: fc.constantFrom(3, 4, 7, 99), content: bytes }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        cloud.frames.length = 0;
        const handshakes = cloud.handshakes.length;
        for (const one of steps) {
          const frame = 'raw' in one ? one.raw : encodeTunnelFrame(BigInt(one.id), one.type, one.content);
          // A close frame ends the tunnel by right.
          if (!isClose(frame)) cloud.send(frame);
        }
        for (let each = 0; each <= 6; each++)
          cloud.send(encodeTunnelFrame(BigInt(each), TunnelFrameType.removeConnect));
        marker += 1;
        cloud.connect(marker, TunnelFrameType.metricConnect, '/metrics');
        await cloud.ended(marker);
        expect(cloud.data(marker).toString()).toBe('ok');
        await eventually(() => stream.stats().sessions <= rawOpen(steps));
        expect(cloud.handshakes).toHaveLength(handshakes);
        const ended = new Map<bigint, number>();
        for (const { connectId, type } of cloud.frames.map(decodeTunnelFrame)) {
          if (type === BigInt(TunnelFrameType.removeConnect))
            ended.set(connectId, (ended.get(connectId) ?? 0) + 1);
        }
        for (let each = 0n; each <= 6n; each++) {
          const opened = steps.filter(
            (one) => !('raw' in one) && BigInt(one.id) === each && CONNECTS.includes(one.type as 0),
          ).length;
          // One that is open already is not opened again; without any there is none to remove.
          expect(ended.get(each) ?? 0).toBeLessThanOrEqual(opened + rawOpen(steps));
          if (opened > 0) expect(ended.get(each)).toBeGreaterThan(0);
        }
      }),
      { numRuns: Number(process.env['EDGECORE_FUZZ_RUNS'] ?? 40) },
    );
  });
});

function isClose(frame: Buffer): boolean {
  try {
    return decodeTunnelFrame(frame).type === BigInt(TunnelFrameType.close);
  } catch {
    return false;
  }
}

/** Connections that random bytes happened to open. */
function rawOpen(steps: readonly object[]): number {
  return steps.filter((one) => 'raw' in one).length;
}
