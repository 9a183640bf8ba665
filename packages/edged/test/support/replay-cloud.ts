import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually, type GoldenLine, tempDir } from '@edgecore/testing';
import { type WebSocket, WebSocketServer } from 'ws';
import { THROW_AWAY_TLS } from './throw-away-tls.js';
import { Conversations } from './tunnel-conversation.js';

/** A cloud that plays its part of a recording, each frame once the node has said as much as it had then. */
export class ReplayCloud {
  readonly said = new Conversations();
  readonly pings: string[] = [];
  #socket: WebSocket | undefined;

  private constructor(
    readonly port: number,
    readonly files: { readonly caFile: string; readonly certFile: string; readonly keyFile: string },
    private readonly end: () => void,
  ) {}

  static async listen(): Promise<ReplayCloud> {
    const directory = await tempDir('replay-tls-');
    const files = {
      caFile: join(directory, 'crt'),
      certFile: join(directory, 'crt'),
      keyFile: join(directory, 'key'),
    };
    await writeFile(files.certFile, THROW_AWAY_TLS.cert);
    await writeFile(files.keyFile, THROW_AWAY_TLS.key);
    const https = createServer({ ...THROW_AWAY_TLS, requestCert: true, rejectUnauthorized: false });
    const webSockets = new WebSocketServer({ server: https, skipUTF8Validation: true });
    https.listen(0, '127.0.0.1');
    await once(https, 'listening');
    const cloud = new ReplayCloud((https.address() as AddressInfo).port, files, () => {
      for (const client of webSockets.clients) client.terminate();
      https.close();
    });
    webSockets.on('connection', (socket) => {
      cloud.#socket = socket;
      socket.on('error', () => {});
      socket.on('message', (frame: Buffer) => cloud.said.take(frame));
      socket.on('ping', (data: Buffer) => cloud.pings.push(data.toString()));
    });
    return cloud;
  }

  connected(): Promise<unknown> {
    return eventually(() => this.#socket, { what: 'the node dials' });
  }

  /** What the recorded node said. `before` sees each line before it is played. */
  async play(
    lines: readonly GoldenLine[],
    { before }: { before?(line: GoldenLine): unknown } = {},
  ): Promise<Conversations> {
    const recorded = new Conversations();
    for (const line of lines) {
      await this.#caughtUp(recorded, line);
      await before?.(line);
      if (line.kind !== 'text') continue;
      const frame = Buffer.from(line.raw!, 'hex');
      if (line.dir === 'up') recorded.take(frame);
      else this.#socket!.send(frame, { binary: false });
    }
    const ids = [...recorded.ids()];
    await eventually(() => ids.every((id) => this.said.removes(id) >= recorded.removes(id)), {
      timeoutMs: 20_000,
      what: 'the end of every connection',
    });
    return recorded;
  }

  close(): void {
    this.end();
  }

  #caughtUp(recorded: Conversations, { ts }: GoldenLine): Promise<unknown> {
    return eventually(
      () => [...recorded.ids()].every((id) => this.said.progress(id) >= recorded.progress(id)),
      { timeoutMs: 20_000, what: `what was said before ${ts}` },
    );
  }
}
