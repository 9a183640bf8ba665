import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { silentLogger } from '@edgecore/api';
import { CertificateAuthority, CertificateServer, createJoinToken, keyDer } from '@edgecore/minicloud';

const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const OPCODE_TEXT = 1;
const OPCODE_CLOSE = 8;

/** A message of the edge, as it is on the wire. */
export interface WireMessage {
  readonly header: { readonly msg_id: string; readonly parent_msg_id: string };
  readonly route: { readonly operation: string; readonly resource: string };
  readonly content: unknown;
}

/** One connection of an edge; writes whatever bytes it is told to. */
export class RawLink {
  readonly received: WireMessage[] = [];
  /** Code of the edge's close frame. */
  closeCode: number | undefined;
  ended = false;
  #unread: Buffer = Buffer.alloc(0);

  constructor(private readonly socket: Duplex) {
    socket.on('error', () => {});
    socket.on('close', () => {
      this.ended = true;
    });
    socket.on('data', (bytes: Buffer) => {
      this.#unread = Buffer.concat([this.#unread, bytes]);
      while (this.#takeFrame());
    });
  }

  /** A text frame with this text, JSON or not. */
  sendText(text: string): void {
    const payload = Buffer.from(text);
    this.socket.write(Buffer.concat([frameHeader(payload.length), payload]));
  }

  send(message: object): void {
    this.sendText(JSON.stringify(message));
  }

  /** The beginning of a frame said to be this long. */
  announce(bytes: number): void {
    this.socket.write(frameHeader(bytes));
  }

  answersTo(id: string): readonly WireMessage[] {
    return this.received.filter(({ header }) => header.parent_msg_id === id);
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Client frames are masked and whole: ours does not fragment. */
  #takeFrame(): boolean {
    const bytes = this.#unread;
    if (bytes.length < 2) return false;
    const short = bytes[1]! & 0x7f;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    const start = 2 + lengthBytes + 4;
    if (bytes.length < start) return false;
    const length =
      short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
    if (bytes.length < start + length) return false;
    const mask = bytes.subarray(start - 4, start);
    const payload = bytes.subarray(start, start + length).map((byte, index) => byte ^ mask[index % 4]!);
    this.#unread = bytes.subarray(start + length);
    this.#onFrame(bytes[0]! & 0x0f, Buffer.from(payload));
    return true;
  }

  #onFrame(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE_TEXT) this.received.push(JSON.parse(payload.toString('utf8')) as WireMessage);
    if (opcode !== OPCODE_CLOSE) return;
    this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    this.socket.end();
  }
}

/** A CloudHub that says what no sound one would: real certificates and TLS, hand-made frames. */
export class RawHub {
  readonly links: RawLink[] = [];

  static async start(): Promise<RawHub> {
    const authority = await CertificateAuthority.create(Date.now);
    const server = await authority.issueServer(['127.0.0.1'], 3_600_000);
    const https = await CertificateServer.listen({
      authority,
      server,
      profile: 'current',
      host: '127.0.0.1',
      port: 0,
      now: Date.now,
      nodeExists: () => false,
      logger: silentLogger,
    });
    const hub = createServer({ ...server, ca: authority.certPem, requestCert: true });
    await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
    const token = createJoinToken({
      caDer: authority.der,
      keyDer: keyDer(authority.key),
      expiresAtMs: Date.now() + 3_600_000,
    });
    return new RawHub(hub, https, token);
  }

  private constructor(
    private readonly server: Server,
    private readonly https: CertificateServer,
    readonly token: string,
  ) {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
      const accept = createHash('sha1')
        .update(`${request.headers['sec-websocket-key']}${WEBSOCKET_GUID}`)
        .digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      this.links.push(new RawLink(socket));
    });
  }

  get hubPort(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get httpsPort(): number {
    return this.https.port;
  }

  async close(): Promise<void> {
    for (const link of this.links) link.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    await this.https.close();
  }
}

function frameHeader(length: number): Buffer {
  if (length < 126) return Buffer.of(0x80 | OPCODE_TEXT, length);
  const header = Buffer.alloc(10);
  header[0] = 0x80 | OPCODE_TEXT;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}

/** A message of the cloud. */
export function wireMessage(
  id: string,
  [operation, resource]: readonly [string, string],
  content: unknown,
  group = 'resource',
): { header: Record<string, unknown>; route: Record<string, unknown>; content: unknown } {
  return {
    header: { msg_id: id, parent_msg_id: '', timestamp: Date.now(), resourceversion: '1', sync: false },
    route: { source: 'edgecontroller', group, operation, resource },
    content,
  };
}
