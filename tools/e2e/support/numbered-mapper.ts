import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type MqttClient } from 'mqtt';

/** One property of a device that counts. */
export interface Counter {
  readonly device: string;
  readonly property: string;
  /** The last number that was sent. */
  sent: number;
  /** The last number whose result came. */
  acknowledged: number;
}

export interface NumberedMapperOptions {
  readonly url: string;
  readonly devices: readonly string[];
  readonly propertiesPerDevice: number;
  /** How many updates in all. */
  readonly updates: number;
}

interface Result {
  readonly code?: number;
  readonly reason?: string;
}

const RESULT_TIMEOUT_MS = 5000;

/**
 * Sends numbered updates over QoS 1: of each property the next number once the
 * result of the one before came, or the same once more when it did not. So a
 * property on disk is the last acknowledged number or the one on its way.
 */
export class NumberedMapper {
  readonly counters: readonly Counter[];
  /** Results that said the update was not taken, by their text. */
  readonly refusals = new Map<string, number>();
  readonly #options: NumberedMapperOptions;
  #client: MqttClient;
  #again: NodeJS.Timeout | undefined;
  readonly #waiting = new Map<string, (result: Result) => void>();
  #left: number;
  #ended = false;

  constructor(options: NumberedMapperOptions) {
    this.#options = options;
    this.#left = options.updates;
    this.counters = options.devices.flatMap((device) =>
      Array.from({ length: options.propertiesPerDevice }, (_, n) => ({
        device,
        property: `p${n}`,
        sent: 0,
        acknowledged: 0,
      })),
    );
    this.#client = this.#open();
  }

  get acknowledged(): number {
    return this.#options.updates - this.#left;
  }

  /** Resolves when all updates are acknowledged. */
  async run(): Promise<void> {
    await Promise.all(this.counters.map((counter) => this.#count(counter)));
  }

  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#again);
    await this.#client.endAsync(true);
  }

  /** A client per connection: one that reconnects by itself would send old numbers once more. */
  #open(): MqttClient {
    const client = connect(this.#options.url, { reconnectPeriod: 0, connectTimeout: 5000 });
    client.setMaxListeners(0);
    client.on('error', () => {});
    client.on('message', (_topic, payload) => {
      const result = JSON.parse(payload.toString()) as Result & { event_id: string };
      this.#waiting.get(result.event_id)?.(result);
    });
    client.on('connect', () => {
      for (const id of ['+', '+/+']) {
        client.subscribe(`$hw/events/device/${id}/twin/update/result`, { qos: 1 });
      }
    });
    client.once('close', () => {
      if (this.#ended) return;
      client.end(true);
      this.#again = setTimeout(() => {
        this.#client = this.#open();
      }, 50);
    });
    return client;
  }

  async #count(counter: Counter): Promise<void> {
    while (this.#left > 0 && !this.#ended) {
      counter.sent = counter.acknowledged + 1;
      const result = await this.#send(counter);
      if (result === undefined) continue;
      if (result.code === undefined) {
        counter.acknowledged = counter.sent;
        this.#left -= 1;
      } else {
        this.refusals.set(result.reason ?? '', (this.refusals.get(result.reason ?? '') ?? 0) + 1);
        await sleep(50);
      }
    }
  }

  /** The result; `undefined` when none came. */
  async #send({ device, property, sent }: Counter): Promise<Result | undefined> {
    const client = this.#client;
    if (!client.connected) {
      await sleep(20);
      return undefined;
    }
    const id = `${device}/${property}/${sent}`;
    const value = { [property]: { actual: { value: String(sent) } } };
    return await new Promise((resolve) => {
      const settle = (result: Result | undefined) => {
        clearTimeout(timer);
        client.off('close', lost);
        this.#waiting.delete(id);
        resolve(result);
      };
      const lost = () => settle(undefined);
      const timer = setTimeout(lost, RESULT_TIMEOUT_MS);
      client.once('close', lost);
      this.#waiting.set(id, settle);
      const topic = `$hw/events/device/${device}/twin/update`;
      client.publish(topic, JSON.stringify({ event_id: id, twin: value }), { qos: 1 }, (error) => {
        if (error) lost();
      });
    });
  }
}
