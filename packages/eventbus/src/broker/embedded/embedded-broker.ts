import type { Duplex } from 'node:stream';
import { errorText, type Logger, type Metrics, TroubleLog } from '@edgecore/api';
import type { Store } from '@edgecore/store';
import type { Aedes, AedesPublishPacket, Client } from 'aedes';
import type { Endpoint, ResolvedOptions } from '../../options.js';
import { readInternalTls } from '../../tls-files.js';
import type { Broker, TakeArrival } from '../broker.js';
import { Admission } from './admission.js';
import { Credentials } from './authenticate.js';
import { Egress } from './egress.js';
import { type Listener, listen } from './listener.js';
import { Sessions } from './sessions.js';

export interface EmbeddedBrokerOptions
  extends Pick<
    ResolvedOptions,
    | 'internalServer'
    | 'internalUsername'
    | 'internalPassword'
    | 'internalTls'
    | 'qos'
    | 'retain'
    | 'sessionQueueSize'
    | 'sessionQueueBytes'
    | 'maxSessions'
    | 'maxRetained'
    | 'subscriberBufferBytes'
    | 'drainTimeoutMs'
    | 'retryMs'
    | 'onListening'
  > {
  readonly store: Store;
  readonly take: TakeArrival;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Published in one turn of the event loop; then the sockets have their turn, or buffers fill that need not. */
const TURN_MESSAGES = 256;
const TURN_BYTES = 1024 * 1024;
/** aedes tells the wills of a run before this one after four of them. */
const HEARTBEAT_MS = 20_000;
const CLOSE_MS = 500;
/** Clients come and go, on networks that break: nothing to tell an operator. */
const USUAL_ENDS: ReadonlySet<unknown> = new Set(['ERR_NOT_TAKEN', 'ECONNRESET', 'EPIPE']);

/** The broker in this process: aedes, with sessions on disk (eventbus.md §3). */
export class EmbeddedBroker implements Broker {
  readonly name = 'internal';
  readonly #options: EmbeddedBrokerOptions;
  readonly #sessions: Sessions;
  readonly #egress = new WeakMap<object, Egress>();
  readonly #clientTrouble: TroubleLog;
  readonly #slow: TroubleLog;
  #aedes: Aedes | undefined;
  #listener: Listener | undefined;
  #problem: string | undefined = 'it is starting';
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  #underWay = 0;
  #turnMessages = 0;
  #turnBytes = 0;

  constructor(options: EmbeddedBrokerOptions) {
    this.#options = options;
    const { store, log, metrics, sessionQueueSize, sessionQueueBytes, maxSessions, maxRetained } = options;
    const queue = { messages: sessionQueueSize, bytes: sessionQueueBytes };
    this.#sessions = new Sessions({ store, log, metrics, queue, maxSessions, maxRetained });
    this.#clientTrouble = new TroubleLog(log);
    this.#slow = new TroubleLog(log);
  }

  get problem(): string | undefined {
    const { text } = this.#options.internalServer;
    return this.#problem === undefined
      ? undefined
      : `the MQTT broker at ${text} cannot be used: ${this.#problem}`;
  }

  /** Where it listens, while it does. */
  get endpoint(): Endpoint | undefined {
    return this.#listener?.endpoint;
  }

  async start(): Promise<void> {
    const { take, internalUsername, internalPassword } = this.#options;
    // Loaded here: a node with an external broker never does.
    const { Aedes } = await import('aedes');
    const admission = new Admission(take, this.#sessions);
    const credentials = new Credentials(internalUsername, internalPassword);
    const aedes = await Aedes.createBroker({
      persistence: this.#sessions,
      // No limit: it would make all wait for the slowest. Each connection has its own, see Egress.
      concurrency: 0,
      drainTimeout: 0,
      heartbeatInterval: HEARTBEAT_MS,
      authenticate: (_client, username, password, done) => done(null, credentials.admits(username, password)),
      authorizePublish: (client, packet, done) => admission.admit(client, packet as never, done),
      authorizeForward: (client, packet) => (this.#mayForward(client, packet) ? packet : null),
    });
    if (this.#closed) {
      aedes.close();
      return;
    }
    this.#aedes = aedes;
    this.#watchClients(aedes);
    await this.#listen(aedes);
  }

  publish(topic: string, payload: Uint8Array | string): Promise<void> | undefined {
    const { qos, retain } = this.#options;
    const aedes = this.#aedes;
    // With nobody there and nothing to keep there is nothing to do.
    if (!aedes || (qos === 0 && !retain && aedes.connectedClients === 0)) return undefined;
    this.#underWay += 1;
    aedes.publish(
      { cmd: 'publish', topic, payload: bufferOf(payload), qos, retain, dup: false },
      this.#published,
    );
    this.#turnMessages += 1;
    this.#turnBytes += payload.length;
    if (this.#turnMessages < TURN_MESSAGES && this.#turnBytes < TURN_BYTES) return undefined;
    this.#turnMessages = 0;
    this.#turnBytes = 0;
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Nothing to do: whatever clients publish passes the owner's routes. */
  subscribe(): void {}
  unsubscribe(): void {}

  quiesce(): void {
    clearTimeout(this.#retry);
    this.#listener?.refuse();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    const aedes = this.#aedes;
    this.#aedes = undefined;
    if (aedes) {
      await this.#sent();
      await new Promise<void>((resolve) => void aedes.close(() => resolve()));
    }
    await this.#listener?.close();
  }

  /** Gives what was published last a moment to get to the sockets. */
  async #sent(): Promise<void> {
    const end = performance.now() + CLOSE_MS;
    while (this.#underWay > 0 && performance.now() < end)
      await new Promise((resolve) => setImmediate(resolve));
  }

  readonly #published = (error?: Error): void => {
    if (error) this.#options.log.debug({ error: errorText(error) }, 'a message was not published');
    this.#underWay -= 1;
  };

  async #listen(aedes: Aedes): Promise<void> {
    const { internalServer, internalTls, retryMs, log, onListening } = this.#options;
    try {
      this.#listener = await listen({
        server: internalServer,
        tls: internalServer.secure && internalTls ? readInternalTls(internalTls) : undefined,
        onConnection: (connection) => this.#accept(aedes, connection),
        onRefused: (error) =>
          this.#clientTrouble.warn({ error: errorText(error) }, 'an MQTT client was not let in'),
      });
      if (this.#closed) {
        await this.#listener.close();
        return;
      }
      this.#problem = undefined;
      const { endpoint } = this.#listener;
      log.info({ url: endpoint.url }, 'the MQTT broker listens');
      onListening?.(endpoint);
    } catch (error) {
      if (this.#problem !== errorText(error)) {
        log.error(
          { server: internalServer.text, error: errorText(error) },
          'the MQTT broker cannot listen, trying again: end what uses the port or configure another',
        );
      }
      this.#problem = errorText(error);
      if (this.#closed) return;
      this.#retry = setTimeout(() => void this.#listen(aedes), retryMs);
    }
  }

  #accept(aedes: Aedes, connection: Duplex): void {
    const { subscriberBufferBytes, drainTimeoutMs } = this.#options;
    const egress = new Egress(connection, {
      maxBytes: subscriberBufferBytes,
      stallMs: drainTimeoutMs,
      onStalled: () => connection.destroy(new Error(`it took nothing for ${drainTimeoutMs} ms`)),
    });
    this.#egress.set(connection, egress);
    aedes.handle(connection);
  }

  /** Called for each delivery to each client. */
  #mayForward(client: Client, packet: AedesPublishPacket): boolean {
    // While a session is taken up again its queue, which is bounded, is sent whole.
    if (!client.connected || this.#egress.get(client.conn)?.hasRoom !== false) return true;
    const { metrics, subscriberBufferBytes } = this.#options;
    metrics.count('edgecore_eventbus_publishes_dropped_total', { reason: 'slow' });
    this.#slow.warn(
      { client: client.id, topic: packet.topic, subscriberBufferBytes },
      'an MQTT subscriber does not read fast enough: messages to it are dropped',
    );
    // A lasting session has them in its queue. To be sent in order they have to wait for the next connection.
    if (!client.clean && packet.qos > 0) client.conn.destroy(new Error('it does not read fast enough'));
    return false;
  }

  #watchClients(aedes: Aedes): void {
    const { log, metrics } = this.#options;
    const count = () => metrics.gauge('edgecore_eventbus_clients', aedes.connectedClients);
    aedes.on('client', count);
    aedes.on('clientDisconnect', count);
    for (const event of ['clientError', 'connectionError'] as const) {
      aedes.on(event, (client, error) => {
        const fields = { client: client.id ?? undefined, error: errorText(error) };
        const usual =
          error.message === 'connection closed' || USUAL_ENDS.has((error as { code?: string }).code);
        if (usual) {
          log.debug(fields, 'the connection of an MQTT client was ended');
        } else {
          this.#clientTrouble.warn(fields, 'the connection of an MQTT client was ended');
        }
      });
    }
    (aedes as NodeJS.EventEmitter).on('error', (error: unknown) => {
      log.warn({ error: errorText(error) }, 'the MQTT broker has trouble');
    });
  }
}

function bufferOf(payload: Uint8Array | string): Buffer {
  if (typeof payload === 'string') return Buffer.from(payload);
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
}
