import { errorText, type Logger, TroubleLog } from '@edgecore/api';
import { decodeTunnelFrame, type TunnelFrame, TunnelFrameType, TunnelTurns } from '@edgecore/viaduct';
import type { WebSocket } from 'ws';
import { ConnectRefusedError, type ConnectRequest, parseConnect } from './connect-request.js';
import { InputGate } from './input-gate.js';
import { runRequest, type SessionLink, StreamSession } from './local-session.js';
import type { EdgeStreamSettings } from './options.js';

/** A numbered connection that is open here. */
interface Open {
  readonly end: AbortController;
  stream?: StreamSession;
}

/** How long a goodbye may take. */
export const CLOSE_MS = 1000;

const CONNECTS: ReadonlySet<number> = new Set([
  TunnelFrameType.logsConnect,
  TunnelFrameType.execConnect,
  TunnelFrameType.metricConnect,
  TunnelFrameType.attachConnect,
]);
const STREAMS: ReadonlySet<number> = new Set([TunnelFrameType.execConnect, TunnelFrameType.attachConnect]);

/**
 * The sessions of one tunnel connection (edgestream.md §6). Each connect frame
 * is answered with exactly one remove; after the cloud's remove no data is sent
 * for that id; what does not belong to an open id is passed over.
 */
export class Tunnel {
  readonly #open = new Map<bigint, Open>();
  readonly #running = new Set<Promise<void>>();
  readonly #writer: TunnelTurns;
  readonly #input: InputGate;
  readonly #unknown = new Set<string>();
  readonly #broken: TroubleLog;
  readonly #doubled: TroubleLog;
  readonly #refusals: TroubleLog;
  readonly #failed: TroubleLog;
  readonly #slow: TroubleLog;

  constructor(
    private readonly socket: WebSocket,
    private readonly settings: Pick<EdgeStreamSettings, 'edged'>,
    private readonly log: Logger,
  ) {
    this.#writer = new TunnelTurns(socket);
    this.#input = new InputGate(socket);
    // One for each kind: many of one must not hide the first of another.
    this.#broken = new TroubleLog(log);
    this.#doubled = new TroubleLog(log);
    this.#refusals = new TroubleLog(log);
    this.#failed = new TroubleLog(log);
    this.#slow = new TroubleLog(log);
  }

  /** Sessions open now. */
  get size(): number {
    return this.#open.size;
  }

  /** Takes one message. Never throws: what is wrong with it concerns nobody else. */
  take(message: Buffer): void {
    let frame: TunnelFrame;
    try {
      frame = decodeTunnelFrame(message);
    } catch (error) {
      this.#broken.warn(
        { error: errorText(error), bytes: message.length },
        'a broken tunnel frame is dropped',
      );
      return;
    }
    const type = Number(frame.type);
    if (CONNECTS.has(type)) this.#connect(frame, STREAMS.has(type));
    else if (type === TunnelFrameType.data) this.#data(frame);
    else if (type === TunnelFrameType.removeConnect) this.#open.get(frame.connectId)?.end.abort();
    else if (type === TunnelFrameType.close) this.#refused(frame.data);
    else this.#noteUnknown(String(frame.type));
  }

  /** Ends every session at once; the ids mean nothing any more. */
  async lost(): Promise<void> {
    this.#writer.close();
    for (const { end } of this.#open.values()) end.abort();
    await Promise.all(this.#running);
  }

  /** Ends every session and tells the cloud so. */
  async stop(): Promise<void> {
    for (const { end } of this.#open.values()) end.abort();
    // A cloud that reads nothing gives nobody a turn.
    this.#writer.wake();
    await Promise.all(this.#running);
  }

  #connect({ connectId, data }: TunnelFrame, isStream: boolean): void {
    if (this.#open.has(connectId)) {
      this.#doubled.warn({ id: String(connectId) }, 'the cloud opened a connection that is open; ignored');
      return;
    }
    const open: Open = { end: new AbortController() };
    this.#open.set(connectId, open);
    const link: SessionLink = {
      signal: open.end.signal,
      send: (bytes) => this.#writer.data(connectId, bytes, () => !open.end.signal.aborted),
    };
    const running = this.#run(open, link, data, isStream)
      .catch((error: unknown) => this.#failed.warn({ error: errorText(error) }, 'a tunnel session failed'))
      .finally(() => {
        this.#open.delete(connectId);
        this.#running.delete(running);
        this.#writer.remove(connectId);
      });
    this.#running.add(running);
  }

  async #run(open: Open, link: SessionLink, data: Buffer, isStream: boolean): Promise<void> {
    let request: ConnectRequest;
    try {
      request = parseConnect(data, isStream);
    } catch (error) {
      if (!(error instanceof ConnectRefusedError)) throw error;
      this.#refusals.warn({ error: error.message }, 'a request of the cloud is refused');
      await link.send(Buffer.from(`${error.message}\n`));
      return;
    }
    if (!isStream) return runRequest(request, this.settings.edged, link);
    // Registered before the next message is read: its bytes may be right behind.
    open.stream = new StreamSession(request, this.settings.edged, link);
    await open.stream.run();
  }

  #data({ connectId, data }: TunnelFrame): void {
    const open = this.#open.get(connectId);
    if (!open?.stream || open.end.signal.aborted || open.stream.write(data)) return;
    this.#input.hold(open.stream, () => {
      this.#slow.warn({ id: String(connectId) }, 'a session takes its input too slowly and is closed');
      open.end.abort();
    });
  }

  #refused(reason: Buffer): void {
    this.log.warn(
      { reason: reason.toString('utf8', 0, 1024) },
      'the cloud gave up this tunnel; dialling again',
    );
    this.socket.close(1000);
    // Such a cloud has left the socket without reading it any more: it never answers.
    const limit = setTimeout(() => this.socket.terminate(), CLOSE_MS);
    this.socket.once('close', () => clearTimeout(limit));
  }

  #noteUnknown(type: string): void {
    // Bounded: a cloud that sends nonsense must not fill the memory.
    if (this.#unknown.has(type) || this.#unknown.size > 100) return;
    this.#unknown.add(type);
    this.log.warn({ type }, 'tunnel frames of an unknown type are ignored');
  }
}
