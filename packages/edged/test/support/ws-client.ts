import { eventually } from '@edgecore/testing';
import { WebSocket } from 'ws';

/** A client of remotecommand over a WebSocket. */
export class WsClient {
  readonly output = new Map<number, Buffer[]>();
  closed = false;
  messages = 0;
  /** Takes output instead of keeping it. */
  onOutput: ((data: Buffer) => void) | undefined;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.messages += 1;
      const channel = isBinary ? data[0]! : data[0]! - 0x30;
      const bytes = isBinary ? data.subarray(1) : Buffer.from(data.toString('latin1', 1), 'base64');
      if (this.onOutput && channel === 1) this.onOutput(bytes);
      else if (bytes.length > 0) this.output.set(channel, [...(this.output.get(channel) ?? []), bytes]);
    });
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('error', () => {});
  }

  static async open(port: number, path: string, ...protocols: string[]): Promise<WsClient> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols);
    const client = new WsClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    return client;
  }

  send(channel: number, data: Buffer | string): Promise<void> {
    const message = Buffer.concat([Buffer.from([channel]), Buffer.from(data as string)]);
    return new Promise((resolve, reject) =>
      this.socket.send(message, (error) => (error ? reject(error) : resolve())),
    );
  }

  text(channel: number): string {
    return Buffer.concat(this.output.get(channel) ?? []).toString('utf8');
  }

  get status(): unknown {
    return this.text(3) === '' ? undefined : JSON.parse(this.text(3));
  }

  end(): Promise<unknown> {
    return eventually(() => this.closed, { timeoutMs: 20_000 });
  }
}
