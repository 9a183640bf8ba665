import type { Duplex, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { SpdyConnection } from '../spdy/spdy-connection.js';
import type { SpdyStream } from '../spdy/spdy-stream.js';
import type { RemoteClient, RemoteOutcome, TerminalSize, WantedStreams } from './remote-session.js';
import { remoteStatus } from './remote-status.js';
import { ResizeReader } from './resize-reader.js';

export interface SpdyRemoteOptions {
  /** As negotiated: `v4.channel.k8s.io`, … */
  readonly protocol: string;
  readonly idleTimeoutMs: number;
  /** Until all streams must be open. */
  readonly streamsTimeoutMs: number;
}

const MAX_STREAMS = 100;
const WITH_RESIZE = new Set(['v3.channel.k8s.io', 'v4.channel.k8s.io']);

/** A client of exec or attach over SPDY/3.1, once it has opened every stream it asked for (edgestream.md §9). */
export async function acceptSpdy(
  socket: Duplex,
  wanted: WantedStreams,
  options: SpdyRemoteOptions,
): Promise<RemoteClient> {
  const streams = new Map<string, SpdyStream>();
  const expected = expectedStreams(wanted, options.protocol);
  let complete = () => {};
  const all = new Promise<void>((resolve) => {
    complete = resolve;
  });
  const connection = new SpdyConnection(socket, {
    maxStreams: MAX_STREAMS,
    idleTimeoutMs: options.idleTimeoutMs,
    onStream(stream) {
      const type = stream.headers.get('streamtype') ?? '';
      if (!expected.has(type) || streams.has(type)) return false;
      streams.set(type, stream);
      if (streams.size === expected.size) complete();
      return true;
    },
  });
  void connection.run();
  await inTime(Promise.race([all, connection.closed]), options.streamsTimeoutMs);
  if (streams.size < expected.size) {
    socket.destroy();
    throw new Error(`the client opened ${streams.size} of ${expected.size} streams`);
  }
  return new SpdyRemote(connection, streams, options.protocol);
}

function expectedStreams({ stdin, stdout, stderr, tty }: WantedStreams, protocol: string): Set<string> {
  return new Set([
    'error',
    ...(stdin ? ['stdin'] : []),
    ...(stdout ? ['stdout'] : []),
    ...(stderr ? ['stderr'] : []),
    ...(tty && WITH_RESIZE.has(protocol) ? ['resize'] : []),
  ]);
}

class SpdyRemote implements RemoteClient {
  readonly gone: AbortSignal;

  constructor(
    private readonly connection: SpdyConnection,
    private readonly streams: ReadonlyMap<string, SpdyStream>,
    private readonly protocol: string,
  ) {
    const gone = new AbortController();
    this.gone = gone.signal;
    void connection.closed.then(() => gone.abort(new Error('the client is gone')));
  }

  get stdin(): SpdyStream | undefined {
    return this.streams.get('stdin');
  }

  get stdout(): SpdyStream | undefined {
    return this.streams.get('stdout');
  }

  get stderr(): SpdyStream | undefined {
    return this.streams.get('stderr');
  }

  onResize(listener: (size: TerminalSize) => void): void {
    const reader = new ResizeReader(listener);
    this.streams.get('resize')?.on('data', (bytes: Buffer) => reader.push(bytes));
  }

  async finish(outcome: RemoteOutcome): Promise<void> {
    // Some Go clients stop reading output once they have the status.
    await Promise.all([endOutput(this.stdout, this.gone), endOutput(this.stderr, this.gone)]);
    const status = remoteStatus(outcome, this.protocol === 'v4.channel.k8s.io' ? 'json' : 'text');
    const error = this.streams.get('error');
    if (status !== '' && error && !error.destroyed) {
      await new Promise<void>((resolve) => error.write(status, () => resolve()));
    }
    this.connection.close();
    await this.connection.closed;
  }
}

async function endOutput(stream: Writable | undefined, signal: AbortSignal): Promise<void> {
  if (!stream || stream.destroyed) return;
  stream.end();
  await finished(stream, { readable: false, signal }).catch(() => undefined);
}

async function inTime(work: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
