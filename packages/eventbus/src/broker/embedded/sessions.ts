import { Readable } from 'node:stream';
import { errorText, type Logger, type Metrics, TroubleLog } from '@edgecore/api';
import type { Store } from '@edgecore/store';
import type { BrokerRef, ClientRef, Packet, StoredSubscription } from './packets.js';
import { Retained } from './retained.js';
import type { Outgoing, QueueLimits, Session } from './session.js';
import { SessionRows, type Statement } from './session-rows.js';
import { type Enqueued, SessionTable } from './session-table.js';
import { type Will, Wills } from './wills.js';

export interface SessionsOptions {
  readonly store: Store;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly queue: QueueLimits;
  readonly maxSessions: number;
  readonly maxRetained: number;
}

/**
 * The persistence of the embedded broker: aedes calls these methods by their
 * names. Sessions of clients that ask for lasting ones survive restarts and
 * kill -9; clean sessions and messages of QoS 0 never touch the disk.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #rows: SessionRows;
  readonly #table: SessionTable;
  readonly #retained: Retained;
  readonly #wills: Wills;
  /** QoS 2 messages received from clients whose session ends with the connection. */
  readonly #passing = new Map<string, Set<number>>();
  /** Messages stored before they were acknowledged, by their payload: the same object all the way through aedes. */
  readonly #prepared = new WeakMap<Buffer, Enqueued['entries']>();
  readonly #unstored: TroubleLog;
  readonly #full: TroubleLog;
  #broker: BrokerRef | undefined;

  constructor(options: SessionsOptions) {
    const { store, log, metrics, queue, maxRetained } = options;
    this.#options = options;
    this.#rows = new SessionRows(store);
    this.#table = new SessionTable(this.#rows, queue);
    this.#retained = new Retained(this.#rows, maxRetained, metrics, log);
    this.#wills = new Wills(this.#rows);
    this.#unstored = new TroubleLog(log);
    this.#full = new TroubleLog(log);
  }

  /** Takes up what an earlier run left. aedes insists on an async function. */
  async setup(broker: BrokerRef): Promise<void> {
    this.#broker = broker;
    await this.#rows.create();
    const { subscriptions, outgoing, incoming, retained, wills } = await this.#rows.read();
    const table = this.#table;
    for (const { client, topic, qos } of subscriptions) table.link(table.open(client), topic, qos);
    for (const row of outgoing) table.restore(row);
    for (const { client, message_id } of incoming) table.open(client).incoming.add(message_id);
    this.#retained.restore(retained);
    this.#wills.restore(wills);
  }

  /**
   * Stores a message that is about to be acknowledged: for those who are away,
   * and as the retained one of its topic. Calls back when it is on disk.
   */
  prepare(packet: Packet, done: (error?: Error) => void): void {
    const subscriptions = this.#table.matching(packet.topic);
    const retained = packet.retain ? this.#retained.statements(packet) : [];
    if (subscriptions.length === 0 && retained.length === 0) {
      done();
      return;
    }
    const { entries, statements } = this.#enqueue(subscriptions, packet);
    this.#prepared.set(packet.payload, entries);
    this.#rows.write([...retained, ...statements]).then(() => done(), done);
  }

  /** Was this QoS 2 message taken before, and not released yet? */
  hasIncoming(client: ClientRef, messageId: number): boolean {
    return this.#incomingOf(client)?.has(messageId) ?? false;
  }

  async storeRetained(packet: Packet): Promise<void> {
    const statements = this.#prepared.has(packet.payload) ? [] : this.#retained.statements(packet);
    this.#retained.set(packet);
    await this.#write(statements);
  }

  createRetainedStream(filter: string): Readable {
    return this.createRetainedStreamCombi([filter]);
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.#retained.matching(filters));
  }

  async addSubscriptions(
    { id }: ClientRef,
    subscriptions: readonly { topic: string; qos: number }[],
  ): Promise<void> {
    const session = this.#table.open(id);
    const changed = subscriptions.filter(({ topic, qos }) => session.subscriptions.get(topic) !== qos);
    for (const { topic, qos } of changed) this.#table.link(session, topic, qos);
    const statements = changed.map(({ topic, qos }) => this.#rows.subscribe(id, topic, qos));
    await this.#write([...statements, ...this.#evict()]);
  }

  async removeSubscriptions({ id }: ClientRef, topics: readonly string[]): Promise<void> {
    const session = this.#table.get(id);
    if (!session) return;
    const known = topics.filter((topic) => session.subscriptions.has(topic));
    for (const topic of known) this.#table.unlink(session, topic);
    if (session.isEmpty) this.#table.drop(session);
    await this.#write(known.map((topic) => this.#rows.unsubscribe(id, topic)));
  }

  async subscriptionsByClient({ id }: { id: string }): Promise<{ topic: string; qos: number }[]> {
    const session = this.#table.get(id);
    if (!session) return [];
    this.#table.touch(session);
    return [...session.subscriptions].map(([topic, qos]) => ({ topic, qos }));
  }

  async subscriptionsByTopic(topic: string): Promise<StoredSubscription[]> {
    return this.#table.matching(topic);
  }

  /** A client that begins a clean session: nothing of the one before is left. */
  async cleanSubscriptions({ id }: { id: string }): Promise<void> {
    const session = this.#table.get(id);
    if (session) await this.#write(this.#table.forget(session));
  }

  async countOffline(): Promise<{ subsCount: number; clientsCount: number }> {
    return { subsCount: this.#table.subscriptions, clientsCount: this.#table.size };
  }

  async outgoingEnqueue({ clientId }: { clientId: string }, packet: Packet): Promise<void> {
    await this.outgoingEnqueueCombi([{ clientId, topic: packet.topic, qos: packet.qos }], packet);
  }

  async outgoingEnqueueCombi(subscriptions: readonly StoredSubscription[], packet: Packet): Promise<void> {
    const prepared = this.#prepared.get(packet.payload);
    if (prepared) {
      const { brokerId = '', brokerCounter = 0 } = packet;
      for (const [session, entry] of prepared) session.change(entry, { brokerId, brokerCounter });
      return;
    }
    if (subscriptions.length > 0) await this.#write(this.#enqueue(subscriptions, packet).statements);
  }

  /** A message got its id, or was received by the client and is now to be released. */
  async outgoingUpdate({ id }: ClientRef, packet: Packet): Promise<void> {
    const { messageId } = packet;
    if (messageId === undefined) return;
    const session = this.#table.open(id);
    if (packet.cmd === 'pubrel') {
      await this.#write(this.#table.release(session, messageId));
      return;
    }
    const entry = session.byOrigin(packet.brokerId ?? '', packet.brokerCounter ?? 0);
    // Dropped because the queue was full: it is sent all the same, but not again.
    if (!entry || entry.messageId === messageId) return;
    session.change(entry, { messageId });
    const written = this.#write([this.#rows.setMessageId(entry.id, messageId)]);
    // Exactly once needs the same id after a restart; at least once does not.
    if (packet.qos === 2) await written;
  }

  async outgoingClearMessageId({ id }: ClientRef, { messageId }: Packet): Promise<Outgoing | undefined> {
    const session = this.#table.get(id);
    const entry = messageId === undefined ? undefined : session?.byMessageId(messageId);
    if (!session || !entry) return undefined;
    session.remove(entry);
    void this.#write([this.#rows.removeOutgoing(entry.id)]);
    return entry;
  }

  outgoingStream({ id }: ClientRef): Readable {
    const queue = this.#table.get(id)?.queue() ?? [];
    return Readable.from(queue.map((entry) => ({ ...entry, dup: entry.messageId !== undefined })));
  }

  async incomingStorePacket(client: ClientRef, { messageId = 0 }: Packet): Promise<void> {
    if (client.clean) {
      const passing = this.#passing.get(client.id) ?? new Set();
      this.#passing.set(client.id, passing.add(messageId));
      return;
    }
    this.#table.open(client.id).incoming.add(messageId);
    await this.#write([this.#rows.putIncoming(client.id, messageId), ...this.#evict()]);
  }

  /** Only its presence is asked for. @throws when it was not stored. */
  async incomingGetPacket(client: ClientRef, { messageId = 0 }: Packet): Promise<{ messageId: number }> {
    if (this.hasIncoming(client, messageId)) return { messageId };
    throw new Error('no such packet');
  }

  async incomingDelPacket(client: ClientRef, { messageId = 0 }: Packet): Promise<void> {
    if (!this.#incomingOf(client)?.delete(messageId)) throw new Error('no such packet');
    // Before the client hears of it: it may use the id anew at once.
    if (!client.clean) await this.#write([this.#rows.removeIncoming(client.id, messageId)]);
  }

  async cleanIncoming({ id }: ClientRef): Promise<void> {
    this.#passing.delete(id);
  }

  async putWill(client: ClientRef, will: Will): Promise<void> {
    await this.#tolerate(this.#wills.put(client, will, this.#broker?.id ?? ''));
  }

  async getWill({ id }: { id: string }): Promise<Will | undefined> {
    return this.#wills.get(id);
  }

  async delWill({ id }: { id: string }): Promise<Will | undefined> {
    return this.#tolerate(this.#wills.remove(id));
  }

  streamWill(brokers: Readonly<Record<string, unknown>> = {}): Readable {
    return Readable.from(this.#wills.orphaned(brokers));
  }

  getClientList(topic: string): Readable {
    const subscribed = [...this.#table.all()].filter(({ subscriptions }) => subscriptions.has(topic));
    return Readable.from(subscribed.map(({ client }) => client));
  }

  async destroy(): Promise<void> {}

  #incomingOf({ id, clean }: ClientRef): Set<number> | undefined {
    return clean ? this.#passing.get(id) : this.#table.get(id)?.incoming;
  }

  #enqueue(subscriptions: readonly StoredSubscription[], packet: Packet): Enqueued {
    const enqueued = this.#table.enqueue(subscriptions, packet);
    const [client] = enqueued.lost;
    if (client !== undefined) this.#lost(client, enqueued.lost.length);
    return enqueued;
  }

  #lost(client: string, count: number): void {
    const { metrics, queue } = this.#options;
    metrics.count('edgecore_eventbus_session_dropped_total', {}, count);
    this.#full.warn(
      { client, sessionQueueSize: queue.messages, sessionQueueBytes: queue.bytes },
      'the queue of an MQTT client that is away or behind is full: the oldest messages are dropped',
    );
  }

  /** Clients that come once with a lasting session must not fill the disk. */
  #evict(): Statement[] {
    const { maxSessions, log } = this.#options;
    const isAway = ({ client }: Session) => !this.#broker?.clients[client];
    const statements: Statement[] = [];
    for (const session of this.#table.all()) {
      if (this.#table.size <= maxSessions) break;
      if (!isAway(session)) continue;
      log.warn(
        { client: session.client, maxSessions },
        'too many sessions of absent MQTT clients: the longest unseen is forgotten',
      );
      statements.push(...this.#table.forget(session));
    }
    return statements;
  }

  /** A full disk must not end connections: what cannot be stored is kept in memory. */
  #write(statements: readonly Statement[]): Promise<void> {
    return statements.length === 0 ? Promise.resolve() : this.#tolerate(this.#rows.write(statements));
  }

  async #tolerate<T>(written: Promise<T>): Promise<T> {
    try {
      return await written;
    } catch (error) {
      this.#unstored.warn(
        { error: errorText(error) },
        'MQTT sessions cannot be stored, they hold until the next start',
      );
      return undefined as T;
    }
  }
}
