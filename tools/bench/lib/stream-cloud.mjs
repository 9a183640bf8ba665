// The cloud's end of a tunnel, and of a bare WebSocket beside it, in a process of its own.
import { createServer } from 'node:https';
import { WebSocketServer } from 'ws';

const LOGS = 0;
const EXEC = 1;
const DATA = 3;
const REMOVE = 4;
const PIECE = Buffer.alloc(32 * 1024, 'x');
const sockets = {};

process.once('message', (tls) => {
  const https = createServer({ ...tls, requestCert: true, rejectUnauthorized: true });
  new WebSocketServer({ server: https, skipUTF8Validation: true }).on('connection', (socket, { url }) => {
    sockets[url === '/bare' ? 'bare' : 'tunnel'] = socket;
    if (url === '/bare') socket.on('message', (data) => bareBytes.take(data.length));
    process.send('connected');
  });
  https.listen(0, '127.0.0.1', () => process.send({ port: https.address().port }));
  process.on('message', async ({ way, bytes }) => {
    await WAYS[way](bytes);
    process.send('done');
  });
});

/** Counts from the start: bytes may be here before they are asked for. */
const bareBytes = {
  count: 0,
  wake: () => {},
  take(length) {
    this.count += length;
    this.wake();
  },
  async all(bytes) {
    while (this.count < bytes) await new Promise((resolve) => (this.wake = resolve));
    this.count -= bytes;
  },
};

let lastId = 0;
const WAYS = {
  /** A request of the cloud; done with the edge's remove frame. */
  async logs(bytes) {
    const id = open(LOGS, `/containerLogs/default/web/${bytes}`);
    await removed(id);
  },
  async input(bytes) {
    const id = open(EXEC, `/exec/default/web/${bytes}`);
    const end = removed(id);
    await send(sockets.tunnel, bytes, (piece) => frame(id, DATA, piece));
    await end;
  },
  bareLogs: (bytes) => bareBytes.all(bytes),
  async bareInput(bytes) {
    await send(sockets.bare, bytes, (piece) => piece);
    // The other end says "." once everything is taken.
    await bareBytes.all(1);
  },
};

function open(type, path) {
  // Below 128 a number is one byte.
  lastId = (lastId % 127) + 1;
  const header = type === EXEC ? { Connection: ['Upgrade'], Upgrade: ['SPDY/3.1'] } : {};
  const request = { MessID: lastId, url: { Path: path, RawQuery: '' }, header, method: 'POST' };
  sockets.tunnel.send(frame(lastId, type, Buffer.from(JSON.stringify(request))), { binary: false });
  return lastId;
}

function removed(id) {
  const { tunnel } = sockets;
  return new Promise((resolve) => {
    const take = (data) => {
      if (data[0] !== id || data[1] !== REMOVE) return;
      tunnel.off('message', take);
      resolve();
    };
    tunnel.on('message', take);
  });
}

async function send(socket, bytes, wrap) {
  for (let left = bytes; left > 0; left -= PIECE.length) {
    const piece = wrap(PIECE.subarray(0, Math.min(left, PIECE.length)));
    const sent = new Promise((resolve) => socket.send(piece, { binary: false }, resolve));
    if (socket.bufferedAmount > 1024 * 1024) await sent;
  }
}

function frame(id, type, data) {
  return Buffer.concat([Buffer.from([id, type]), data]);
}

process.once('disconnect', () => process.exit());
