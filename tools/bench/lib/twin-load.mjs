// Devices that report over MQTT, QoS 1, and time from the publish to the result.
import { connectAsync } from 'mqtt';
import { quantile, sleep } from './numbers.mjs';

const CONNECTIONS = 4;

/** Device clients on a few connections. Open it with {@link TwinLoad.open}. */
export class TwinLoad {
  #clients;
  #ids;
  #waiting = new Map();
  #sequence = 0;

  /** @param {{ url: string, ids: readonly string[] }} options */
  static async open({ url, ids }) {
    const clients = await Promise.all(
      Array.from({ length: CONNECTIONS }, () => connectAsync(url, { reconnectPeriod: 0 })),
    );
    const load = new TwinLoad(clients, ids);
    for (const [n, client] of clients.entries()) {
      client.on('message', (_topic, payload) => load.#result(payload));
      // Each connection hears its own devices only.
      const topics = load.#own(n).map((id) => `$hw/events/device/${id}/twin/update/result`);
      for (let at = 0; at < topics.length; at += 100)
        await client.subscribeAsync(topics.slice(at, at + 100), { qos: 1 });
    }
    return load;
  }

  constructor(clients, ids) {
    this.#clients = clients;
    this.#ids = ids;
  }

  /** Updates per second with so many of them on the way at any time, and their latencies in ms. */
  async closedLoop({ seconds, inFlight }) {
    const latencies = [];
    const end = performance.now() + seconds * 1000;
    const started = performance.now();
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        while (performance.now() < end) latencies.push(await this.#update());
      }),
    );
    return summary(latencies, performance.now() - started);
  }

  /** Latencies with so many updates a second, whether the ones before are done or not. */
  async openLoop({ seconds, rate }) {
    const pending = [];
    const started = performance.now();
    let sent = 0;
    while (performance.now() - started < seconds * 1000) {
      const due = ((performance.now() - started) / 1000) * rate;
      for (; sent < due; sent += 1) pending.push(this.#update());
      await sleep(1);
    }
    return summary(await Promise.all(pending), performance.now() - started);
  }

  async close() {
    await Promise.all(this.#clients.map((client) => client.endAsync(true)));
  }

  #own(connection) {
    return this.#ids.filter((_, n) => n % this.#clients.length === connection % this.#ids.length);
  }

  #update() {
    this.#sequence += 1;
    const number = this.#sequence % this.#ids.length;
    const id = this.#ids[number];
    const event = String(this.#sequence);
    const started = performance.now();
    return new Promise((resolve, reject) => {
      this.#waiting.set(event, (result) => {
        if (result.code) reject(new Error(`${id}: ${result.reason}`));
        else resolve(performance.now() - started);
      });
      this.#clients[number % this.#clients.length].publish(
        `$hw/events/device/${id}/twin/update`,
        `{"event_id":"${event}","twin":{"value":{"actual":{"value":"${event}"}}}}`,
        { qos: 1 },
      );
    });
  }

  #result(payload) {
    const result = JSON.parse(payload.toString());
    const settle = this.#waiting.get(result.event_id);
    this.#waiting.delete(result.event_id);
    settle?.(result);
  }
}

function summary(latencies, ms) {
  return {
    rate: (latencies.length / ms) * 1000,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  };
}
