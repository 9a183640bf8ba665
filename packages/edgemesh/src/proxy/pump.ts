import type { Socket } from 'node:net';

const KEEP_ALIVE_MS = 60_000;

/**
 * Joins two connections: bytes both ways with back-pressure, an end of one
 * direction is passed on alone, a failure of one ends both. Both sockets are
 * open with `allowHalfOpen`. `onEnd` is called once, when both are closed.
 */
export function pump(client: Socket, backend: Socket, onEnd: () => void): void {
  let open = 2;
  const join = (from: Socket, to: Socket) => {
    // Found out that way when the other machine is gone without a word.
    from.setKeepAlive(true, KEEP_ALIVE_MS);
    from.on('error', () => {
      // What broke off here must not look like a proper end there.
      if (!to.destroyed) to.resetAndDestroy();
    });
    from.on('close', () => {
      if (!to.destroyed && !from.readableEnded) to.destroy();
      open -= 1;
      if (open === 0) onEnd();
    });
    from.pipe(to);
  };
  join(client, backend);
  join(backend, client);
  // A client that left while the endpoint was dialled.
  if (client.destroyed) backend.destroy();
}
