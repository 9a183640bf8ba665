import { createHash, randomBytes } from 'node:crypto';
import type { SpdyClient } from './spdy-client.js';
import type { WsClient } from './ws-client.js';

const BLOCK_BYTES = 1_000_000;

/** Megabytes sent through `cat`. The suite sends few; `EDGECORE_EXEC_MEGABYTES=100` sends more. */
export const EXEC_MEGABYTES = Number(process.env['EDGECORE_EXEC_MEGABYTES'] ?? 8);

/** What went in and what came back, as far as it is worth keeping. */
export interface Copied {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly sentSha256: string;
  readonly receivedSha256: string;
  readonly status: unknown;
}

/** Sends random bytes to the input of a session of `cat`, ends it, and reads all that comes back. */
export async function catBytes(client: SpdyClient | WsClient): Promise<Copied> {
  const block = randomBytes(BLOCK_BYTES);
  const sent = createHash('sha256');
  const received = createHash('sha256');
  let receivedBytes = 0;
  client.onOutput = (data) => {
    received.update(data);
    receivedBytes += data.length;
  };
  for (let count = 1; count <= EXEC_MEGABYTES; count++) {
    block.writeUInt32BE(count);
    sent.update(block);
    if ('streams' in client) await client.send('stdin', block, { fin: count === EXEC_MEGABYTES });
    else await client.send(0, block);
  }
  // v5 of the WebSocket protocol ends a channel with a message.
  if (!('streams' in client)) await client.send(255, Buffer.from([0]));
  await client.end();
  return {
    sentBytes: EXEC_MEGABYTES * BLOCK_BYTES,
    receivedBytes,
    sentSha256: sent.digest('hex'),
    receivedSha256: received.digest('hex'),
    status: client.status,
  };
}
