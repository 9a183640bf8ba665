import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { WebSocket } from 'ws';
import type { RemoteClient, RemoteOutcome, TerminalSize, WantedStreams } from './remote-session.js';
import { remoteStatus } from './remote-status.js';
import { ResizeReader } from './resize-reader.js';
import { WebSocketChannels } from './websocket-channels.js';

/** Subprotocols of exec and attach; the empty one is that of a client that asks for none. */
export const REMOTE_SUBPROTOCOLS: readonly string[] = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
];

const Channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

/** A client of exec or attach over a WebSocket (edgestream.md §12). */
export function acceptWebSocket(
  socket: WebSocket,
  wanted: WantedStreams,
  idleTimeoutMs: number,
): RemoteClient {
  const { protocol } = socket;
  const coding = protocol.includes('base64') ? 'base64' : 'binary';
  const channels = new WebSocketChannels(socket, { coding, idleTimeoutMs });
  const form = protocol.startsWith('v') ? 'json' : 'text';
  return new WebSocketRemote(channels, wanted, form);
}

class WebSocketRemote implements RemoteClient {
  readonly stdin: Readable | undefined;
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  readonly gone: AbortSignal;
  #size: TerminalSize | undefined;
  #onResize: ((size: TerminalSize) => void) | undefined;

  constructor(
    private readonly channels: WebSocketChannels,
    wanted: WantedStreams,
    private readonly form: 'json' | 'text',
  ) {
    this.gone = channels.gone;
    if (wanted.stdin) this.stdin = channels.input(Channel.stdin);
    if (wanted.stdout) this.stdout = channels.output(Channel.stdout);
    if (wanted.stderr) this.stderr = channels.output(Channel.stderr);
    const resizes = new ResizeReader((size) => {
      this.#size = size;
      this.#onResize?.(size);
    });
    channels.onMessage(Channel.resize, (data) => resizes.push(data));
    // Clients take the first message for the sign that the session stands.
    const first = wanted.stdout ? Channel.stdout : wanted.stderr ? Channel.stderr : Channel.error;
    void channels.send(first, Buffer.alloc(0));
  }

  onResize(listener: (size: TerminalSize) => void): void {
    this.#onResize = listener;
    if (this.#size) listener(this.#size);
  }

  async finish(outcome: RemoteOutcome): Promise<void> {
    for (const output of [this.stdout, this.stderr]) {
      if (!output || output.destroyed) continue;
      output.end();
      await finished(output, { signal: this.gone }).catch(() => undefined);
    }
    const status = remoteStatus(outcome, this.form);
    if (status !== '') await this.channels.send(Channel.error, Buffer.from(status));
    this.channels.close();
  }
}
