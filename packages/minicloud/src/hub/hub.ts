import { errorText, type Logger, Operation } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import type { Connection, TransportServer } from '@edgecore/viaduct';
import type { HubRules } from './hub-rules.js';
import { NodeSession, type SessionTiming } from './node-session.js';
import type { SyncRecords } from './sync-records.js';

export interface HubOptions {
  readonly rules: HubRules;
  readonly sync: SyncRecords;
  readonly timing: SessionTiming;
  /** Without a keepalive message for so long the connection is closed. */
  readonly keepaliveTimeoutMs: number;
  readonly resyncIntervalMs: number;
  readonly logger: Logger;
  /** A message of a node that is not the hub's own business. */
  readonly onMessage: (session: NodeSession, message: Message) => Promise<void>;
  readonly onConnected: (node: string) => void;
  readonly onDisconnected: (node: string) => void;
  /** Sends a node what it missed. */
  readonly resync: (session: NodeSession) => Promise<void>;
}

/** Admission, keepalive and sessions of nodes, as CloudHub does them (wire.md §5.1, §5.3). */
export class Hub {
  readonly #sessions = new Map<string, NodeSession>();
  readonly #serving = new Set<Promise<void>>();
  #resyncTimer: NodeJS.Timeout | undefined;
  #resyncing = false;

  constructor(private readonly options: HubOptions) {}

  session(node: string): NodeSession | undefined {
    return this.#sessions.get(node);
  }

  isConnected(node: string): boolean {
    return this.#sessions.get(node)?.connection !== undefined;
  }

  /** Serves connections until the server is closed. */
  async run(server: TransportServer): Promise<void> {
    this.#resyncTimer = setInterval(() => void this.#resync(), this.options.resyncIntervalMs);
    for await (const connection of server.connections()) {
      const serving = this.#serve(connection).finally(() => this.#serving.delete(serving));
      this.#serving.add(serving);
    }
    clearInterval(this.#resyncTimer);
    await Promise.all(this.#serving);
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
  }

  async #serve(connection: Connection): Promise<void> {
    const node = connection.headers['node_id'] ?? '';
    const { logger, keepaliveTimeoutMs } = this.options;
    if (node === '' || node.includes('/')) {
      logger.warn(
        { peer: connection.remoteAddress, node },
        'a connection without a usable node_id is closed',
      );
      await connection.close(1008, 'node_id is missing');
      return;
    }
    const session = this.#admit(node, connection);
    const expired = () => {
      logger.warn({ node }, `no keepalive for ${keepaliveTimeoutMs} ms: closing the connection`);
      void connection.close(1001, 'no keepalive');
    };
    const timer = setTimeout(expired, keepaliveTimeoutMs);
    try {
      for await (const message of connection.messages()) {
        if (message.operation === Operation.keepalive) timer.refresh();
        else await this.options.onMessage(session, message);
      }
    } catch (error) {
      logger.error({ node, err: errorText(error) }, 'serving a node failed');
    } finally {
      clearTimeout(timer);
      await this.#leave(session, connection);
    }
  }

  /** One connection per node: a new one takes the place of the old. */
  #admit(node: string, connection: Connection): NodeSession {
    const { rules, sync, timing, logger } = this.options;
    let session = this.#sessions.get(node);
    const stale = session !== undefined && !rules.keepsQueue ? session : undefined;
    if (!session || stale) {
      session = new NodeSession({ node, rules, sync, timing, logger });
      this.#sessions.set(node, session);
    }
    const replaced = stale?.connection ?? session.connection;
    session.attach(connection);
    logger.info(
      { node, peer: connection.remoteAddress },
      replaced ? 'node connected again' : 'node connected',
    );
    // The new connection does not wait for the old one to go.
    void replaced?.close(1001, 'replaced by a new connection of this node');
    void stale?.close();
    this.options.onConnected(node);
    return session;
  }

  async #leave(session: NodeSession, connection: Connection): Promise<void> {
    const info = await connection.closed;
    if (session.connection !== connection) return;
    session.detach(connection);
    this.options.logger.info({ node: session.node, code: info.code }, 'node disconnected');
    if (!this.options.rules.keepsQueue) {
      if (this.#sessions.get(session.node) === session) this.#sessions.delete(session.node);
      await session.close();
    }
    if (!this.isConnected(session.node)) this.options.onDisconnected(session.node);
  }

  async #resync(): Promise<void> {
    if (this.#resyncing) return;
    this.#resyncing = true;
    try {
      for (const session of [...this.#sessions.values()]) {
        if (session.connection) await this.options.resync(session);
      }
    } catch (error) {
      this.options.logger.error({ err: errorText(error) }, 'the resync failed');
    } finally {
      this.#resyncing = false;
    }
  }
}
