import type { Socket } from 'node:net';
import type { Connected } from './dial.js';

const KEEP_ALIVE_MS = 60_000;
/** Most connections end long before anybody could be missed; eight system calls less for each of those. */
const WATCHED_AFTER_MS = 30_000;

/**
 * Joins two connections: bytes both ways with back-pressure, an end of one
 * direction is passed on alone, a failure of one ends both. Both sockets are
 * open with `allowHalfOpen`. The endpoint is released when both are closed.
 */
export function pump(client: Socket, { socket: backend, reads, release }: Connected): void {
  // A client that left while the endpoint was dialled has told so already.
  let open = client.closed ? 1 : 2;
  // Found out that way when the other machine is gone without a word.
  const watch = setTimeout(() => {
    for (const socket of [client, backend]) if (!socket.destroyed) socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }, WATCHED_AFTER_MS);
  let over = false;
  const join = (from: Socket, to: Socket) => {
    const pass = (chunk: Buffer) => {
      if (!to.write(chunk)) from.pause();
      return to.writableLength === 0;
    };
    from.on('data', pass);
    if (from === backend) reads.passTo(pass);
    to.on('drain', () => from.resume());
    from.on('end', () => {
      // The last direction: closing ends it as well, and is all that is left to do.
      over = to.readableEnded && to.writableLength === 0;
      if (over) to.destroy();
      else to.end();
    });
    from.on('error', () => {
      // What broke off here must not look like a proper end there.
      if (!to.destroyed) to.resetAndDestroy();
    });
    from.on('close', () => {
      if (!to.destroyed && !over && !(from.readableEnded && from.writableFinished)) to.destroy();
      open -= 1;
      if (open > 0) return;
      clearTimeout(watch);
      release();
    });
    from.resume();
  };
  join(client, backend);
  join(backend, client);
  if (client.destroyed) backend.destroy();
}
