import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBus } from '@edgecore/beehive';
import { EdgeStream } from '@edgecore/edgestream';
import { createWebSocketStream, WebSocket } from 'ws';
import { tlsPair } from '../lib/certificates.mjs';
import { compareRates } from '../lib/numbers.mjs';

const MEGABYTES = 200;
const BYTES = 1_000_000;

export const about = 'bytes through the log and exec tunnel';

/** Three processes on both sides: the cloud, the node in the middle, and what stands for edged. */
export async function* run({ rounds }) {
  const dir = await mkdtemp(join(tmpdir(), 'bench-stream-'));
  const { server, client } = await tlsPair();
  const service = fork(new URL('../lib/stream-service.mjs', import.meta.url));
  const cloud = fork(new URL('../lib/stream-cloud.mjs', import.meta.url));
  const [{ port: servicePort }] = await once(service, 'message');
  cloud.send(server);
  const [{ port: cloudPort }] = await once(cloud, 'message');
  const connected = once(cloud, 'message');
  const bus = createBus().add(await tunnel({ dir, client, cloudPort, servicePort }));
  bus.start();
  await connected;
  const bareConnected = once(cloud, 'message');
  const bare = await bareEnd({ client, cloudPort, servicePort });
  await bareConnected;

  const ask = async (way, megabytes) => {
    const done = once(cloud, 'message');
    cloud.send({ way, bytes: megabytes * BYTES });
    await done;
  };
  try {
    const rows = [];
    for (const [what, way, pipe] of [
      ['logs, edge to cloud', 'logs', bare.logs],
      ['input of exec, cloud to edge', 'input', bare.input],
    ]) {
      const rates = await compareRates({
        rounds,
        count: MEGABYTES,
        subject: (count) => ask(way, count),
        baseline: async (count) => {
          const asked = ask(`bare${way[0].toUpperCase()}${way.slice(1)}`, count);
          await pipe(count * BYTES);
          await asked;
        },
      });
      const baseline = { baseline: rates.baseline, of: 'bare ws pipe' };
      rows.push({ what, unit: 'MB/s', value: rates.subject, ...baseline });
    }
    yield { title: `stream, one session over TLS, ${MEGABYTES} MB (${rounds} rounds)`, rows };
  } finally {
    bare.close();
    await bus.stop();
    cloud.disconnect();
    service.disconnect();
    await rm(dir, { recursive: true });
  }
}

async function tunnel({ dir, client, cloudPort, servicePort }) {
  const file = async (name, text) => {
    await writeFile(join(dir, name), text, { mode: 0o600 });
    return join(dir, name);
  };
  return new EdgeStream({
    server: `127.0.0.1:${cloudPort}`,
    nodeName: 'bench',
    nodeIp: () => '127.0.0.1',
    tls: {
      caFile: await file('ca.crt', client.ca),
      certFile: await file('node.crt', client.cert),
      keyFile: await file('node.key', client.key),
    },
    edged: { host: '127.0.0.1', port: servicePort },
  });
}

/** The same ways with nothing but a WebSocket and `pipe`. */
async function bareEnd({ client, cloudPort, servicePort }) {
  const socket = new WebSocket(`wss://127.0.0.1:${cloudPort}/bare`, { ...client, perMessageDeflate: false });
  await once(socket, 'open');
  const stream = createWebSocketStream(socket);
  return {
    async logs(bytes) {
      const asked = request({ host: '127.0.0.1', port: servicePort, path: `/${bytes}`, agent: false }).end();
      const [response] = await once(asked, 'response');
      response.pipe(stream, { end: false });
      await once(response, 'end');
    },
    async input(bytes) {
      const local = connect(servicePort, '127.0.0.1');
      local.write(`POST /${bytes} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n`);
      stream.pipe(local);
      local.resume();
      await once(local, 'end');
      stream.unpipe(local);
      socket.send('.');
    },
    close: () => socket.terminate(),
  };
}
