import type { Arrival, Settle, TakeArrival } from '../broker.js';
import type { ClientRef, Packet } from './packets.js';
import type { Sessions } from './sessions.js';

/** Answer to aedes: without an error it acknowledges and publishes. */
type Callback = (error?: Error | null) => void;

/**
 * Decides about each message before aedes acknowledges it: not before it was
 * taken care of, and is on disk for those who are away (eventbus.md §8).
 */
export class Admission {
  readonly #take: TakeArrival;
  readonly #sessions: Sessions;
  /** QoS 2 messages being taken: sent again they wait for the same outcome. */
  readonly #underWay = new Map<string, Settle[]>();

  constructor(take: TakeArrival, sessions: Sessions) {
    this.#take = take;
    this.#sessions = sessions;
  }

  /** Called in the order messages arrive; `client` is null for wills of clients that are gone. */
  admit(client: ClientRef | null, packet: Packet, callback: Callback): void {
    if (packet.topic.startsWith('$SYS/')) {
      callback(new Error('$SYS/ is reserved'));
      return;
    }
    const { topic, payload, qos } = packet;
    const arrival: Arrival = { topic, payload, qos: qos as Arrival['qos'], held: true };
    if (qos === 2 && client && packet.messageId !== undefined) {
      this.#admitOnce(client, packet.messageId, arrival, callback);
      return;
    }
    this.#take(arrival, (refusal) => {
      if (refusal) callback(refusal);
      else if (qos === 0) callback();
      else this.#sessions.prepare(packet, callback);
    });
  }

  #admitOnce(client: ClientRef, messageId: number, arrival: Arrival, callback: Callback): void {
    // aedes looks for what was sent twice only after this.
    if (this.#sessions.hasIncoming(client, messageId)) {
      callback();
      return;
    }
    const key = `${messageId}/${client.id}`;
    const waiting = this.#underWay.get(key);
    if (waiting) {
      waiting.push(callback);
      return;
    }
    const callbacks: Settle[] = [callback];
    this.#underWay.set(key, callbacks);
    this.#take(arrival, (refusal) => {
      this.#underWay.delete(key);
      const [first, ...again] = callbacks;
      first!(refusal);
      // By then aedes has stored the first one, and finds that it has the others.
      setImmediate(() => {
        for (const settle of again) settle(refusal);
      });
    });
  }
}
