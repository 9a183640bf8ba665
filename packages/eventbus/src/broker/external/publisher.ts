import { errorText, type Logger, type Metrics, TroubleLog } from '@edgecore/api';
import type { MqttClient } from 'mqtt';
import { PublishQueue, type QueuedPublish } from './publish-queue.js';

export interface PublisherOptions {
  readonly queueMessages: number;
  readonly queueBytes: number;
  readonly ackTimeoutMs: number;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Sent and not acknowledged yet: kept by the library, and sent again after a reconnect. */
const WINDOW = 64;

/** Publishes with QoS 1, in order, what the broker's absence or slowness makes wait. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #queue: PublishQueue;
  readonly #full: TroubleLog;
  #client: MqttClient | undefined;
  #inFlight = 0;
  #lastAckAt = 0;
  #ackTimer: NodeJS.Timeout | undefined;
  #onIdle: (() => void) | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#queue = new PublishQueue(options.queueMessages, options.queueBytes);
    this.#full = new TroubleLog(options.log);
  }

  use(client: MqttClient): void {
    this.#client = client;
    client.on('connect', () => {
      this.#lastAckAt = performance.now();
      this.#pump();
    });
  }

  publish(topic: string, payload: Uint8Array | string): void {
    const dropped = this.#queue.push(topic, payload);
    if (dropped > 0) this.#droppedOldest(dropped);
    this.#pump();
  }

  /** Gives what waits `graceMs` to be acknowledged, if there is a connection. */
  async close(graceMs: number): Promise<void> {
    const client = this.#client;
    if (!client) return;
    if (client.connected && (this.#inFlight > 0 || this.#queue.length > 0)) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, graceMs);
        this.#onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    clearTimeout(this.#ackTimer);
    this.#client = undefined;
    await new Promise<void>((resolve) => void client.end(true, () => resolve()));
  }

  #pump(): void {
    const client = this.#client;
    while (client?.connected && this.#inFlight < WINDOW) {
      const next = this.#queue.shift();
      if (!next) break;
      this.#send(client, next);
    }
    if (this.#inFlight === 0 && this.#queue.length === 0) {
      this.#full.over();
      this.#onIdle?.();
    }
  }

  #send(client: MqttClient, { topic, payload }: QueuedPublish): void {
    this.#inFlight += 1;
    if (this.#inFlight === 1) this.#lastAckAt = performance.now();
    this.#watchAcks();
    const bytes =
      typeof payload === 'string' ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    client.publish(topic, bytes, { qos: 1, retain: false }, (error) => {
      this.#inFlight -= 1;
      this.#lastAckAt = performance.now();
      if (error && this.#client) {
        this.#options.metrics.count('edgecore_eventbus_publishes_dropped_total', { reason: 'refused' });
        this.#options.log.debug({ topic, error: errorText(error) }, 'a message was not published');
      }
      this.#pump();
    });
  }

  /** A broker that answers pings but acknowledges nothing: a new connection sends everything again. */
  #watchAcks(): void {
    const { ackTimeoutMs, log } = this.#options;
    this.#ackTimer ??= setTimeout(() => {
      this.#ackTimer = undefined;
      const client = this.#client;
      if (!client?.connected || this.#inFlight === 0) return;
      if (performance.now() - this.#lastAckAt >= ackTimeoutMs) {
        log.warn({ ackTimeoutMs }, 'the external MQTT broker acknowledges nothing: connecting again');
        client.stream.destroy();
        return;
      }
      this.#watchAcks();
    }, ackTimeoutMs).unref();
  }

  #droppedOldest(count: number): void {
    const { queueMessages, queueBytes, metrics } = this.#options;
    metrics.count('edgecore_eventbus_publishes_dropped_total', { reason: 'queue' }, count);
    this.#full.warn(
      { queueMessages, queueBytes },
      'too many messages wait for the external MQTT broker: the oldest are dropped',
    );
  }
}
