import { once } from 'node:events';
import { createServer } from 'node:https';
import { createMessage, responseTo } from '@edgecore/beehive';
import { createWebSocketServer, createWebSocketTransport } from '@edgecore/viaduct';
import { WebSocket, WebSocketServer } from 'ws';
import { tlsPair } from '../lib/certificates.mjs';
import { compareRates } from '../lib/numbers.mjs';

const COUNT = 4000;
const CONTENT = { metadata: { name: 'web' }, status: 'x'.repeat(1000) };

export const about = 'messages from edge to cloud over TLS, each confirmed';

export async function* run({ rounds }) {
  const tls = await tlsPair();
  const ours = await openViaduct(tls);
  const bare = await openBare(tls);
  try {
    const rows = [];
    for (const inFlight of [1, 50]) {
      const rates = await compareRates({
        rounds,
        count: inFlight === 1 ? COUNT / 4 : COUNT,
        subject: (count) => ours.exchange(count, inFlight),
        baseline: (count) => bare.exchange(count, inFlight),
      });
      const what = inFlight === 1 ? 'one at a time' : `${inFlight} in flight`;
      rows.push({ what, unit: '/s', value: rates.subject, baseline: rates.baseline, of: 'bare ws' });
    }
    yield { title: `link, 1 kB messages confirmed over TLS (${rounds} rounds)`, rows };
  } finally {
    await ours.close();
    await bare.close();
  }
}

/** Sends `count` messages, at most `inFlight` of them unconfirmed. `confirmed` is set before the first send. */
async function exchangeWindow({ count, inFlight, send, onConfirmed }) {
  let confirmed = 0;
  let wake = () => {};
  onConfirmed(() => {
    confirmed += 1;
    wake();
  });
  for (let sent = 0; sent < count; sent += 1) {
    while (sent - confirmed >= inFlight) await new Promise((resolve) => (wake = resolve));
    await send();
  }
  while (confirmed < count) await new Promise((resolve) => (wake = resolve));
}

async function openViaduct({ server: serverTls, client }) {
  const server = await createWebSocketServer({ tls: serverTls });
  const serving = serve(server);
  const url = `wss://127.0.0.1:${server.address.port}/project/bench/events`;
  const edge = await createWebSocketTransport().dial({
    url,
    nodeName: 'bench',
    projectId: 'project',
    tls: client,
  });
  let confirm = () => {};
  const reading = (async () => {
    for await (const _ of edge.messages()) confirm();
  })();
  return {
    exchange: (count, inFlight) =>
      exchangeWindow({
        count,
        inFlight,
        send: () =>
          edge.send(createMessage({ operation: 'update', resource: 'default/pod/web', content: CONTENT })),
        onConfirmed: (listener) => (confirm = listener),
      }),
    async close() {
      await edge.close();
      await server.close();
      await Promise.all([serving, reading]);
    },
  };
}

async function serve(server) {
  for await (const connection of server.connections()) {
    for await (const message of connection.messages()) await connection.send(responseTo(message, 'OK'));
  }
}

/** The same exchange with nothing but `ws` and JSON. */
async function openBare({ server: serverTls, client: clientTls }) {
  const https = createServer({ ...serverTls, requestCert: true, rejectUnauthorized: true }).listen(
    0,
    '127.0.0.1',
  );
  await once(https, 'listening');
  const server = new WebSocketServer({ server: https });
  server.on('connection', (socket) => {
    socket.on('message', (data) => socket.send(JSON.stringify({ to: JSON.parse(data).id, content: 'OK' })));
  });
  const client = new WebSocket(`wss://127.0.0.1:${https.address().port}`, clientTls);
  await once(client, 'open');
  let confirm = () => {};
  let id = 0;
  client.on('message', (data) => {
    JSON.parse(data);
    confirm();
  });
  return {
    exchange: (count, inFlight) =>
      exchangeWindow({
        count,
        inFlight,
        send: () => client.send(JSON.stringify({ id: ++id, resource: 'default/pod/web', content: CONTENT })),
        onConfirmed: (listener) => (confirm = listener),
      }),
    async close() {
      client.close();
      await once(client, 'close');
      server.close();
      await new Promise((resolve) => https.close(resolve));
    },
  };
}
