import { FilterTree } from '../../topics/filter-tree.js';
import type { Packet, StoredSubscription } from './packets.js';
import { type Outgoing, type QueueLimits, Session } from './session.js';
import type { OutgoingRow, SessionRows, Statement } from './session-rows.js';

/** What putting a message into queues came to. */
export interface Enqueued {
  readonly entries: readonly (readonly [Session, Outgoing])[];
  /** To be written. */
  readonly statements: readonly Statement[];
  /** Clients whose queue was full, once for each message they lost. */
  readonly lost: readonly string[];
}

/**
 * The lasting sessions in memory. Whatever changes here is on disk once the
 * statements given back have been written.
 */
export class SessionTable {
  /** By client; the longest unseen first. */
  readonly #sessions = new Map<string, Session>();
  readonly #tree = new FilterTree<StoredSubscription>();
  /** The subscriptions in the tree. */
  readonly #stored = new Map<string, StoredSubscription>();
  #nextId = 1;

  constructor(
    private readonly rows: SessionRows,
    private readonly limits: QueueLimits,
  ) {}

  get size(): number {
    return this.#sessions.size;
  }

  /** Subscriptions with QoS 1 and 2. */
  get subscriptions(): number {
    return this.#tree.size;
  }

  all(): Iterable<Session> {
    return this.#sessions.values();
  }

  get(client: string): Session | undefined {
    return this.#sessions.get(client);
  }

  open(client: string): Session {
    let session = this.#sessions.get(client);
    if (!session) {
      session = new Session(client);
      this.#sessions.set(client, session);
    }
    return session;
  }

  /** Seen just now: the last one to be forgotten. */
  touch(session: Session): void {
    this.#sessions.delete(session.client);
    this.#sessions.set(session.client, session);
  }

  /** Takes up a queue entry of an earlier run. */
  restore({ id, client, cmd, message_id, topic, payload, qos, retain }: OutgoingRow): void {
    const entry: Outgoing = {
      ...{ id, cmd, topic, qos, payload: Buffer.from(payload), retain: retain === 1 },
      ...{ brokerId: 'restored', brokerCounter: id, messageId: message_id ?? undefined },
    };
    this.open(client).push(entry, { messages: Infinity, bytes: Infinity });
    this.#nextId = Math.max(this.#nextId, id + 1);
  }

  link(session: Session, topic: string, qos: number): void {
    this.unlink(session, topic);
    session.subscriptions.set(topic, qos);
    if (qos === 0) return;
    const stored = { clientId: session.client, topic, qos };
    this.#stored.set(keyOf(session.client, topic), stored);
    this.#tree.add(topic, stored);
  }

  unlink(session: Session, topic: string): void {
    session.subscriptions.delete(topic);
    const key = keyOf(session.client, topic);
    const stored = this.#stored.get(key);
    if (!stored) return;
    this.#stored.delete(key);
    this.#tree.remove(topic, stored);
  }

  /** One for each client, with the highest QoS of those that match. */
  matching(topic: string): StoredSubscription[] {
    if (this.#tree.size === 0) return [];
    const best = new Map<string, StoredSubscription>();
    for (const found of this.#tree.match(topic)) {
      if ((best.get(found.clientId)?.qos ?? 0) < found.qos) best.set(found.clientId, found);
    }
    return [...best.values()];
  }

  /** Puts a message into the queues of those subscribed. */
  enqueue(subscriptions: readonly StoredSubscription[], packet: Packet): Enqueued {
    const entries: (readonly [Session, Outgoing])[] = [];
    const statements: Statement[] = [];
    const lost: string[] = [];
    // A copy of its own: the payload is a piece of a much larger read buffer.
    const payload = subscriptions.length > 0 ? Buffer.from(packet.payload) : packet.payload;
    for (const { clientId, qos } of subscriptions) {
      const session = this.open(clientId);
      const entry: Outgoing = {
        ...{ id: this.#nextId++, cmd: 'publish', topic: packet.topic, payload, retain: false },
        ...{ brokerId: packet.brokerId ?? '', brokerCounter: packet.brokerCounter ?? 0 },
        ...{ messageId: undefined, qos: Math.min(qos, packet.qos) },
      };
      for (const dropped of session.push(entry, this.limits)) {
        statements.push(this.rows.removeOutgoing(dropped.id));
        lost.push(clientId);
      }
      statements.push(this.rows.putOutgoing(rowOf(clientId, entry)));
      entries.push([session, entry]);
    }
    return { entries, statements, lost };
  }

  /** The client has received a QoS 2 message: only its release is left to be sent. */
  release(session: Session, messageId: number): Statement[] {
    let entry = session.byMessageId(messageId);
    if (entry?.cmd === 'pubrel') return [];
    if (entry) session.release(entry);
    else {
      // Dropped meanwhile, or a retained message, which is in no queue.
      entry = {
        ...{ id: this.#nextId++, cmd: 'pubrel', topic: '', payload: Buffer.alloc(0), qos: 2, retain: false },
        ...{ brokerId: 'release', brokerCounter: messageId, messageId },
      };
      session.push(entry, { messages: Infinity, bytes: Infinity });
    }
    return [this.rows.putOutgoing(rowOf(session.client, entry))];
  }

  /** Nothing of the session is left. */
  forget(session: Session): Statement[] {
    for (const topic of [...session.subscriptions.keys()]) this.unlink(session, topic);
    this.#sessions.delete(session.client);
    return this.rows.removeSession(session.client);
  }

  drop(session: Session): void {
    this.#sessions.delete(session.client);
  }
}

function keyOf(client: string, topic: string): string {
  return `${topic}\0${client}`;
}

function rowOf(client: string, { id, cmd, messageId, topic, payload, qos, retain }: Outgoing): OutgoingRow {
  return { id, client, cmd, message_id: messageId ?? null, topic, payload, qos, retain: retain ? 1 : 0 };
}
