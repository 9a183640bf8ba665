import { randomUUID } from 'node:crypto';
import { createMessage, type Message } from '@edgecore/beehive';
import { eventually } from '@edgecore/testing';
import {
  type Connection,
  createWebSocketServer,
  type ServerTls,
  type TransportServer,
} from '@edgecore/viaduct';
import { type RecordedMessage, type Recording, routeText } from './recording.js';

/** What the recorded edge sent, and what ours sent in its place. */
export interface Match {
  readonly recorded: RecordedMessage;
  readonly sent: Message;
}

export interface GoldenCloudOptions {
  readonly recording: Recording;
  /** Answers to what the recorded edge had asked before the recording begins. */
  readonly before?: Recording;
  readonly tls: ServerTls;
  readonly port?: number;
  /** Is this message of ours the one the recorded edge sent, as far as its content tells? Route and parent already agree. */
  readonly sameMeaning?: (recorded: RecordedMessage, sent: Message) => boolean;
  /** Ends a connection that brings no keepalive for this long, as CloudHub does after 30 s. Default: never. */
  readonly keepaliveTimeoutMs?: number;
  /** How long our edge may take for one phase. Default 30 000 ms. */
  readonly phaseTimeoutMs?: number;
}

/**
 * A cloud that plays back the cloud's side of a recording over real TLS
 * WebSocket: it answers what is asked as the recorded cloud did, and sends its
 * own messages one by one, each after our edge has sent all that the recorded
 * edge had sent by then.
 */
export class GoldenCloud {
  /** What came over the connection there is. */
  readonly received: Message[] = [];
  /** What came over all connections. */
  readonly heard: Message[] = [];
  /** Headers of each dial. */
  readonly dials: Readonly<Record<string, string>>[] = [];
  readonly matches: Match[] = [];
  readonly #options: GoldenCloudOptions;
  readonly #server: TransportServer;
  /** Recorded id of a message of the cloud → id it went out with. */
  readonly #sentAs = new Map<string, string>();
  readonly #pushed: Message[] = [];
  #connection: Connection | undefined;
  #failure: unknown;

  static async start(options: GoldenCloudOptions): Promise<GoldenCloud> {
    const server = await createWebSocketServer({
      tls: options.tls,
      port: options.port ?? 0,
      fragmentation: 'go',
    });
    return new GoldenCloud(options, server);
  }

  private constructor(options: GoldenCloudOptions, server: TransportServer) {
    this.#options = options;
    this.#server = server;
    void this.#accept();
  }

  get port(): number {
    return this.#server.address.port;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /**
   * Plays one recorded connection (default: all phases, on whatever connection
   * there is); throws when our edge does not send in time what the recorded one sent.
   */
  async play(connection?: number): Promise<void> {
    const timeoutMs = this.#options.phaseTimeoutMs ?? 30_000;
    await eventually(() => this.#connection, { timeoutMs, what: 'a connection of the edge' });
    for (const phase of this.#options.recording.phases) {
      if (connection !== undefined && phase.connection !== connection) continue;
      const from = phase.down ? this.received.length : 0;
      if (phase.down) await this.#send(phase.down, '');
      for (const expected of phase.expected) await this.#expect(expected, from);
    }
    for (const phase of this.#options.recording.phases) {
      if (connection !== undefined && phase.connection !== connection) continue;
      for (const expected of phase.timed) await this.#expect(expected, 0);
    }
  }

  /** Sends what the recorded cloud had sent before the recording begins. */
  async tell(recorded: RecordedMessage): Promise<void> {
    await this.#send(recorded, '');
  }

  /** Each message sent to the edge that was not an answer: how often the edge confirmed it. */
  confirmations(): { readonly resource: string; readonly times: number }[] {
    return this.#pushed.map(({ id, resource }) => ({
      resource,
      times: this.heard.filter(({ operation, parentId }) => operation === 'response' && parentId === id)
        .length,
    }));
  }

  /** Ends the connection from the cloud's side and forgets what came over it. */
  async cut(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close(1011, 'the link is cut');
    this.received.length = 0;
  }

  async close(): Promise<void> {
    await this.#connection?.close();
    await this.#server.close();
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#server.connections()) {
      this.#connection = connection;
      this.dials.push(connection.headers);
      void this.#read(connection).catch((error: unknown) => {
        this.#failure = error;
      });
    }
  }

  async #read(connection: Connection): Promise<void> {
    const { keepaliveTimeoutMs } = this.#options;
    const timer =
      keepaliveTimeoutMs && setTimeout(() => void connection.close(1011, 'no keepalive'), keepaliveTimeoutMs);
    void connection.closed.then(() => timer && clearTimeout(timer));
    for await (const message of connection.messages()) {
      if (timer && message.operation === 'keepalive') timer.refresh();
      this.received.push(message);
      this.heard.push(message);
      if (message.operation === 'response') continue;
      const { recording, before } = this.#options;
      const answer = recording.answerTo(message) ?? before?.answerTo(message);
      if (answer) await this.#send(answer, message.id);
    }
  }

  async #send(recorded: RecordedMessage, parentId: string): Promise<void> {
    // An answer given again needs an id of its own, or its acknowledgements could not be told apart.
    const id = this.#sentAs.has(recorded.id) ? randomUUID() : recorded.id;
    this.#sentAs.set(recorded.id, id);
    const message = createMessage<unknown>({ ...recorded, id, parentId, timestamp: Date.now() });
    if (parentId === '') this.#pushed.push(message);
    await this.#connection!.send(message);
  }

  async #expect(recorded: RecordedMessage, from: number): Promise<void> {
    const what = `${routeText(recorded)} (the recorded edge's ${recorded.id})`;
    const sent = await eventually(
      () => {
        if (this.#failure) throw this.#failure;
        return this.#find(recorded, from);
      },
      { timeoutMs: this.#options.phaseTimeoutMs ?? 30_000, what },
    );
    this.matches.push({ recorded, sent });
  }

  #find(recorded: RecordedMessage, from: number): Message | undefined {
    const parentId =
      recorded.parentId === '' ? '' : (this.#sentAs.get(recorded.parentId) ?? recorded.parentId);
    const meaning = this.#options.sameMeaning ?? (() => true);
    return this.received
      .slice(recorded.operation === 'response' ? 0 : from)
      .find(
        (sent) =>
          routeText(sent) === routeText(recorded) && sent.parentId === parentId && meaning(recorded, sent),
      );
  }
}
