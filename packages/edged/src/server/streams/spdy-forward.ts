import type { Duplex } from 'node:stream';
import type { Logger } from '@edgecore/api';
import { SpdyConnection } from '../spdy/spdy-connection.js';
import type { SpdyStream } from '../spdy/spdy-stream.js';
import { type ForwardTarget, forwardConnection } from './forward-connection.js';
import { parsePort } from './pod-address.js';

export interface SpdyForwardOptions {
  readonly idleTimeoutMs: number;
  /** Until both streams of a connection must be open. */
  readonly streamsTimeoutMs: number;
  readonly log: Logger;
  target(port: number, signal: AbortSignal): ForwardTarget;
}

const MAX_STREAMS = 1000;

/** The two streams of one forwarded connection. */
interface Pair {
  data?: SpdyStream;
  error?: SpdyStream;
  readonly timer: NodeJS.Timeout;
}

/** Port-forward over SPDY: pairs of streams, one pair for each TCP connection (edgestream.md §13). */
export async function forwardSpdy(socket: Duplex, options: SpdyForwardOptions): Promise<void> {
  const pairs = new Map<string, Pair>();
  const gone = new AbortController();
  const connection = new SpdyConnection(socket, {
    maxStreams: MAX_STREAMS,
    idleTimeoutMs: options.idleTimeoutMs,
    onStream(stream) {
      const type = stream.headers.get('streamtype');
      const port = parsePort(stream.headers.get('port'));
      if ((type !== 'data' && type !== 'error') || port === undefined) return false;
      const id = requestId(stream, type);
      const pair = pairs.get(id) ?? { timer: setTimeout(() => expire(id), options.streamsTimeoutMs) };
      if (pair[type]) return false;
      pair[type] = stream;
      pairs.set(id, pair);
      if (pair.data && pair.error) {
        clearTimeout(pair.timer);
        pairs.delete(id);
        void forwardPair(pair.data, pair.error, options.target(port, gone.signal));
      }
      return true;
    },
  });
  const expire = (id: string) => {
    const pair = pairs.get(id);
    pairs.delete(id);
    options.log.debug({ id }, 'a forwarded connection was opened by half only');
    pair?.data?.destroy();
    pair?.error?.destroy();
  };
  await connection.run();
  gone.abort(new Error('the client is gone'));
  for (const { timer } of pairs.values()) clearTimeout(timer);
}

async function forwardPair(data: SpdyStream, error: SpdyStream, target: ForwardTarget): Promise<void> {
  const problem = await forwardConnection(data, data, target);
  error.end(problem ?? '');
  // Half of it may still be open: the client resets or ends it, else this does.
  data.end();
  error.resume();
  data.resume();
  error.once('finish', () => error.destroy());
  if (data.writableFinished) data.destroy();
  else data.once('finish', () => data.destroy());
}

/** Old clients send no id: an error stream comes two before its data stream. */
function requestId(stream: SpdyStream, type: 'data' | 'error'): string {
  return stream.headers.get('requestid') ?? String(type === 'error' ? stream.id : stream.id - 2);
}
