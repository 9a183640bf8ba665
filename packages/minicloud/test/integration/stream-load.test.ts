import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server as NetServer,
  type Socket,
} from 'node:net';
import { join as joinPath } from 'node:path';
import { createBus } from '@edgecore/beehive';
import { EdgeStream } from '@edgecore/edgestream';
import { eventually, tempDir } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { join } from '../fake-edge.js';
import { KubeClient, SPDY_LINES } from '../kube-client.js';
import { Lab, webPod } from '../lab.js';

const lab = new Lab();
const SESSIONS = 50;
const DELAY_MS = 50;
const POD = '/api/v1/namespaces/default/pods/web';

test('50 execs and 50 logs at once through one slow tunnel: stuck log readers delay no command', async () => {
  const cloud = await lab.start('current');
  await lab.readyNode(cloud);
  await cloud.apply(webPod());
  const edged = await chattyEdged();
  const link = await slowLink(cloud.tunnelPort);
  const stop = await realEdge(cloud, link.port, edged.port);
  const client = await KubeClient.of(cloud);
  try {
    await eventually(() => cloud.hasTunnel('edge-1'), { timeoutMs: 10_000 });
    const stuck = await Promise.all(
      Array.from({ length: SESSIONS }, async () => {
        const response = await client.open(`${POD}/log?follow=true`);
        response.on('error', () => {});
        return response.pause();
      }),
    );
    const before = process.memoryUsage().rss;
    const took = await Promise.all(
      Array.from({ length: SESSIONS }, async (_, index) => {
        const from = performance.now();
        const stream = await client.stream(`${POD}/exec?command=cat&stdin=true&stdout=true`, SPDY_LINES);
        await eventually(() => stream.received.includes('\r\n\r\n'), { timeoutMs: 20_000 });
        stream.socket.write(`hello ${index}`);
        await eventually(() => stream.received.toString().endsWith(`hello ${index}`), { timeoutMs: 20_000 });
        return performance.now() - from;
      }),
    );
    // Two ways there and back through the link, and 50 logs of as much as the tunnel takes beside them.
    expect(Math.min(...took)).toBeGreaterThan(2 * 2 * DELAY_MS - 10);
    expect(Math.max(...took)).toBeLessThan(15_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
    for (const response of stuck) response.destroy();
    await eventually(() => edged.open() === SESSIONS, { timeoutMs: 20_000 });
    await client.close();
    await eventually(() => edged.open() === 0, { timeoutMs: 20_000 });
  } finally {
    await client.close();
    await stop();
    link.close();
    edged.close();
  }
});

/** Logs that never end, as fast as they are taken; execs that echo. */
async function chattyEdged() {
  const line = Buffer.alloc(16 * 1024, 'a line of a chatty container\n');
  const sockets = new Set<Socket>();
  const server: Server = createServer((_request, response) => {
    const timer = setInterval(() => {
      if (response.writableLength < line.length) response.write(line);
    }, 20);
    response.once('close', () => clearInterval(timer));
  });
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    socket.pipe(socket);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await listening(server);
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port, close, open: () => sockets.size };
}

/** A link that brings every byte {@link DELAY_MS} later, both ways. */
async function slowLink(target: number) {
  const sockets = new Set<Socket>();
  const server = createTcpServer((front) => {
    const back = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [front, back],
      [back, front],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => to.destroy());
      from.on('data', (data) => {
        setTimeout(() => {
          if (to.destroyed || to.write(data)) return;
          from.pause();
          to.once('drain', () => from.resume());
        }, DELAY_MS);
      });
    }
  });
  const port = await listening(server);
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port, close };
}

/** The real module of a node. */
async function realEdge(cloud: Awaited<ReturnType<Lab['start']>>, port: number, edgedPort: number) {
  const dir = await tempDir('stream-edge-');
  const { cert, key } = await join(cloud, 'edge-1');
  const certFile = joinPath(dir, 'node.crt');
  const keyFile = joinPath(dir, 'node.key');
  await writeFile(certFile, cert);
  await writeFile(keyFile, key);
  const bus = createBus();
  bus.add(
    new EdgeStream({
      server: `127.0.0.1:${port}`,
      nodeName: 'edge-1',
      nodeIp: () => '127.0.0.1',
      tls: { caFile: cloud.caPath, certFile, keyFile },
      edged: { host: '127.0.0.1', port: edgedPort },
    }),
  );
  bus.start();
  return () => bus.stop();
}

async function listening(server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
