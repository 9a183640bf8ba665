import { errorText, type Logger, type Metrics, TroubleLog } from '@edgecore/api';
import type { IPublishPacket, MqttClient } from 'mqtt';
import type { ResolvedOptions } from '../../options.js';
import type { Broker, TakeArrival } from '../broker.js';
import { connect, type ExternalOptions, type Role } from './connection.js';
import { Publisher } from './publisher.js';

export interface ExternalBrokerOptions
  extends ExternalOptions,
    Pick<ResolvedOptions, 'queueMessages' | 'queueBytes' | 'ackTimeoutMs' | 'suppressRetained'> {
  /** Subscribed to with every connection. */
  readonly filters: readonly string[];
  readonly take: TakeArrival;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** A report a new subscription brings once more (eventbus.md §4). */
const TWIN_UPDATE = /^\$hw\/events\/device\/.+\/twin\/update$/;
const CLOSE_MS = 1000;

/** A broker elsewhere: one connection only subscribes, one only publishes (eventbus.md §2). */
export class ExternalBroker implements Broker {
  readonly name = 'external';
  readonly #options: ExternalBrokerOptions;
  readonly #filters: Set<string>;
  readonly #publisher: Publisher;
  readonly #down = new Map<Role, string>();
  readonly #trouble: TroubleLog;
  #subscriber: MqttClient | undefined;
  #closing = false;
  #closed = false;

  constructor(options: ExternalBrokerOptions) {
    this.#options = options;
    this.#filters = new Set(options.filters);
    this.#publisher = new Publisher(options);
    this.#trouble = new TroubleLog(options.log);
    for (const role of ['sub', 'pub'] as const) this.#down.set(role, 'not connected yet');
  }

  get problem(): string | undefined {
    const reason = this.#down.get('sub') ?? this.#down.get('pub');
    const { text } = this.#options.externalServer;
    return reason === undefined ? undefined : `the external MQTT broker ${text} cannot be used: ${reason}`;
  }

  async start(): Promise<void> {
    const { externalServer, tls, log } = this.#options;
    if (tls && !externalServer.secure) {
      log.warn(
        { server: externalServer.text },
        'TLS is switched on, but this address is without: use ssl://',
      );
    }
    const [subscriber, publisher] = await Promise.all([
      connect('sub', this.#options),
      connect('pub', this.#options),
    ]);
    if (this.#closed) {
      subscriber.end(true);
      publisher.end(true);
      return;
    }
    this.#subscriber = subscriber;
    this.#watch('sub', subscriber);
    this.#watch('pub', publisher);
    this.#publisher.use(publisher);
    subscriber.on('connect', () => this.#subscribeAll());
    subscriber.handleMessage = (packet, done) => this.#arrived(packet as IPublishPacket, done);
  }

  publish(topic: string, payload: Uint8Array | string): undefined {
    this.#publisher.publish(topic, payload);
  }

  subscribe(filter: string): void {
    this.#filters.add(filter);
    if (this.#subscriber?.connected) this.#subscribeTo([filter]);
  }

  unsubscribe(filter: string): void {
    this.#filters.delete(filter);
    if (!this.#subscriber?.connected) return;
    this.#subscriber.unsubscribe(filter, (error) => {
      if (error) this.#options.log.debug({ topic: filter, error: errorText(error) }, 'not unsubscribed');
    });
  }

  quiesce(): void {
    this.#closing = true;
    this.#subscriber?.end(true);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#closed = true;
    this.#subscriber?.end(true);
    await this.#publisher.close(CLOSE_MS);
  }

  #watch(role: Role, client: MqttClient): void {
    const { log, metrics, externalServer } = this.#options;
    client.on('connect', () => {
      this.#down.delete(role);
      if (this.#down.size > 0) return;
      metrics.gauge('edgecore_eventbus_external_connected', 1);
      this.#trouble.over();
      log.info({ server: externalServer.text }, 'connected to the external MQTT broker');
    });
    client.on('error', (error) => {
      // Of a name with several addresses Node tells only the code.
      this.#lost(role, error.message || String((error as { code?: unknown }).code ?? error.name));
    });
    client.on('close', () => {
      if (!this.#down.has(role)) this.#lost(role, 'the connection was lost');
    });
  }

  #lost(role: Role, reason: string): void {
    this.#down.set(role, reason);
    if (this.#closing) return;
    this.#options.metrics.gauge('edgecore_eventbus_external_connected', 0);
    this.#trouble.warn(
      { server: this.#options.externalServer.text, reason },
      'the external MQTT broker cannot be reached, trying again: check that it runs and the credentials',
    );
  }

  #subscribeAll(): void {
    this.#subscribeTo([...this.#filters]);
  }

  #subscribeTo(filters: readonly string[]): void {
    // One packet each: a broker that refuses one of them must not keep us from the others.
    for (const filter of filters) {
      this.#subscriber?.subscribe(filter, { qos: 1 }, (error, granted) => {
        if (!error && granted?.every(({ qos }) => (qos as number) < 128) !== false) return;
        if (this.#closing || !this.#subscriber?.connected) return;
        this.#options.log.warn(
          { topic: filter, error: error ? errorText(error) : 'refused' },
          'the external MQTT broker refuses a subscription: check its access rules',
        );
      });
    }
  }

  #arrived(packet: IPublishPacket, done: (error?: Error) => void): void {
    const { take, suppressRetained } = this.#options;
    const { topic, payload, qos, retain } = packet;
    if (suppressRetained && retain && TWIN_UPDATE.test(topic)) {
      done();
      return;
    }
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    // Refused or not: with a clean session the broker would not send it again (eventbus.md §8).
    take({ topic, payload: bytes, qos, held: false }, () => done());
  }
}
