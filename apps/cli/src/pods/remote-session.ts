import { type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { WebSocket } from 'ws';
import { CliError } from '../errors.js';
import { flushed } from './byte-sink.js';
import { exitCodeOf } from './remote-status.js';
import { sendOn } from './stream-socket.js';
import type { Terminal } from './terminal.js';

/** Best first: v5 can close the input of a command. */
export const REMOTE_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

const Channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

export interface RemoteSession {
  readonly stdin?: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Put into raw mode for as long as the session is. */
  readonly terminal?: Terminal | undefined;
  /** Leaves the session. */
  readonly signal: AbortSignal;
}

/** `left`: by us, or because nobody reads the output any more. */
export type RemoteEnd = { readonly kind: 'exited'; readonly exitCode: number } | { readonly kind: 'left' };

/**
 * Joins streams of this process with a command of a container until one of them ends.
 * @throws {CliError} when the command could not be run, or the connection broke.
 */
export async function joinRemote(webSocket: WebSocket, session: RemoteSession): Promise<RemoteEnd> {
  const { stdin, stdout, stderr, terminal, signal } = session;
  const over = new AbortController();
  const leave = () => webSocket.terminate();
  signal.addEventListener('abort', leave, { once: true });
  stdout.once('close', leave).once('error', leave);
  const status: Buffer[] = [];
  const closed = new Promise<void>((resolve) => webSocket.once('close', () => resolve()));
  const copy = outputCopier(webSocket);
  webSocket.on('message', (message: Buffer) => {
    const data = message.subarray(1);
    if (message[0] === Channel.stdout) copy(stdout, data);
    else if (message[0] === Channel.stderr) copy(stderr, data);
    else if (message[0] === Channel.error) status.push(data);
  });
  try {
    if (signal.aborted) leave();
    webSocket.resume();
    terminal?.enter(({ columns, rows }) => {
      const size = JSON.stringify({ Width: columns, Height: rows });
      void sendOn(webSocket, Channel.resize, Buffer.from(size));
    });
    const sending = stdin && sendInput(webSocket, stdin, over.signal);
    await closed;
    over.abort();
    await sending;
  } finally {
    terminal?.restore();
    signal.removeEventListener('abort', leave);
    stdout.off('close', leave).off('error', leave);
  }
  await Promise.all([flushed(stdout), flushed(stderr)]);
  if (status.length > 0) return { kind: 'exited', exitCode: exitCodeOf(Buffer.concat(status).toString()) };
  if (signal.aborted || !stdout.writable) return { kind: 'left' };
  throw new CliError('the connection to the node broke before the command had ended');
}

/** Bytes sent in one message; the node takes up to 4 MiB. */
const MAX_PIECE_BYTES = 1024 * 1024;

/** Sends input at the pace the node takes it, then its end. */
async function sendInput(webSocket: WebSocket, stdin: Readable, signal: AbortSignal): Promise<void> {
  const input = new Writable({
    async write(chunk: Buffer, _encoding, done) {
      for (let at = 0; at < chunk.length; at += MAX_PIECE_BYTES) {
        await sendOn(webSocket, Channel.stdin, chunk.subarray(at, at + MAX_PIECE_BYTES));
      }
      done();
    },
  });
  // An input that cannot be read is at its end; the command's own end aborts it.
  await pipeline(stdin, input, { signal }).catch(() => undefined);
  if (webSocket.protocol !== REMOTE_PROTOCOLS[0]) return;
  await sendOn(webSocket, Channel.close, Buffer.from([Channel.stdin]));
}

/** Writes output and holds the node back while a reader is slow. */
function outputCopier(webSocket: WebSocket): (stream: Writable, data: Buffer) => void {
  const waiting = new Set<Writable>();
  return (stream, data) => {
    if (!stream.writable || data.length === 0 || stream.write(data) || waiting.has(stream)) return;
    waiting.add(stream);
    webSocket.pause();
    const go = () => {
      stream.off('drain', go).off('close', go);
      waiting.delete(stream);
      if (waiting.size === 0) webSocket.resume();
    };
    stream.once('drain', go).once('close', go);
  };
}
