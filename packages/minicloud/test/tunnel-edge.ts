import { once } from 'node:events';
import type { Minicloud } from '@edgecore/minicloud';
import { eventually } from '@edgecore/testing';
import { decodeTunnelFrame, encodeTunnelFrame, TunnelFrameType } from '@edgecore/viaduct';
import { WebSocket } from 'ws';
import { type EdgeIdentity, join } from './fake-edge.js';

export interface Frame {
  readonly id: number;
  readonly type: number;
  readonly data: Buffer;
}

export interface ConnectContent {
  readonly MessID: number;
  readonly url: { readonly Path: string; readonly RawQuery: string };
  readonly header: Readonly<Record<string, string[]>>;
  readonly method?: string;
}

/** The node's end of a stream tunnel by hand: remembers frames, answers what it is told to. */
export class TunnelEdge {
  readonly frames: (Frame & { readonly raw: Buffer })[] = [];
  closeCode: number | undefined;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (raw: Buffer) => {
      const { connectId, type, data } = decodeTunnelFrame(raw);
      this.frames.push({ id: Number(connectId), type: Number(type), data, raw });
    });
    socket.on('close', (code) => {
      this.closeCode = code;
    });
    socket.on('error', () => {});
  }

  /** With the node's certificate, and both spellings of its name as our edges send them. */
  static async connect(cloud: Minicloud, node: string, identity?: EdgeIdentity): Promise<TunnelEdge> {
    const edge = new TunnelEdge(
      dial(cloud, identity ?? (await join(cloud, node)), {
        SessionHostNameOveride: node,
        SessionHostNameOverride: node,
        SessionInternalIP: '127.0.0.1',
      }),
    );
    await once(edge.socket, 'open');
    await eventually(() => cloud.hasTunnel(node));
    return edge;
  }

  /** The connect frames so far. */
  get asked(): Frame[] {
    return this.frames.filter(
      ({ type }) => type !== TunnelFrameType.data && type !== TunnelFrameType.removeConnect,
    );
  }

  /** The next session nobody waited for yet. */
  async session(index = 0): Promise<{ id: number; type: number; content: ConnectContent }> {
    const { id, type, data } = await eventually(() => this.asked[index]);
    return { id, type, content: JSON.parse(data.toString()) as ConnectContent };
  }

  removes(id: number): number {
    return this.frames.filter((frame) => frame.id === id && frame.type === TunnelFrameType.removeConnect)
      .length;
  }

  /** Bytes that came for a session. */
  bytes(id: number): Buffer {
    return Buffer.concat(
      this.frames.flatMap((frame) =>
        frame.id === id && frame.type === TunnelFrameType.data ? [frame.data] : [],
      ),
    );
  }

  say(id: number, data: Buffer | string): void {
    this.raw(encodeTunnelFrame(BigInt(id), TunnelFrameType.data, Buffer.from(data)));
  }

  remove(id: number): void {
    this.raw(encodeTunnelFrame(BigInt(id), TunnelFrameType.removeConnect));
  }

  raw(frame: Buffer): void {
    this.socket.send(frame, { binary: false });
  }

  async close(): Promise<void> {
    this.socket.terminate();
  }
}

/** A WebSocket to the tunnel server, not open yet. */
export function dial(
  cloud: Minicloud,
  identity: EdgeIdentity | undefined,
  headers: Record<string, string>,
): WebSocket {
  return new WebSocket(`wss://127.0.0.1:${cloud.tunnelPort}/v1/kubeedge/connect`, {
    ...identity,
    headers,
    rejectUnauthorized: false,
    perMessageDeflate: false,
    skipUTF8Validation: true,
  });
}
