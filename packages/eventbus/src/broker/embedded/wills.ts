import type { SessionRows, WillRow } from './session-rows.js';

/** A will as aedes keeps it: a packet with the client and the broker it belongs to. */
export interface Will {
  cmd?: string;
  topic: string;
  payload: Buffer | string;
  qos: number;
  retain: boolean;
  brokerId?: string;
  clientId?: string;
}

/**
 * Wills of connected clients. Those of clients with a lasting session are on
 * disk: if the agent is killed, the next run tells that the client is gone.
 */
export class Wills {
  readonly #byClient = new Map<string, Will>();
  readonly #durable = new Set<string>();

  constructor(private readonly rows: SessionRows) {}

  restore(rows: readonly WillRow[]): void {
    for (const { client, broker, topic, payload, qos, retain } of rows) {
      const will = { topic, payload: Buffer.from(payload), qos, retain: retain === 1 };
      this.#byClient.set(client, { cmd: 'publish', ...will, brokerId: broker, clientId: client });
      this.#durable.add(client);
    }
  }

  async put(client: { id: string; clean: boolean }, will: Will, brokerId: string): Promise<void> {
    will.brokerId = brokerId;
    will.clientId = client.id;
    this.#byClient.set(client.id, will);
    if (client.clean) return;
    this.#durable.add(client.id);
    const { topic, qos } = will;
    const row = { topic, payload: Buffer.from(will.payload), qos, retain: will.retain ? 1 : 0 };
    await this.rows.write([this.rows.putWill({ client: client.id, broker: brokerId, ...row })]);
  }

  get(client: string): Will | undefined {
    return this.#byClient.get(client);
  }

  async remove(client: string): Promise<Will | undefined> {
    const will = this.#byClient.get(client);
    this.#byClient.delete(client);
    if (this.#durable.delete(client)) await this.rows.write([this.rows.removeWill(client)]);
    return will;
  }

  /** Those of brokers that are not there any more. */
  *orphaned(brokers: Readonly<Record<string, unknown>>): Generator<Will> {
    for (const will of this.#byClient.values()) if (!brokers[will.brokerId ?? '']) yield will;
  }
}
