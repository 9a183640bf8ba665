import { type Logger, type Metrics, TroubleLog } from '@edgecore/api';
import { FilterTree } from '../../topics/filter-tree.js';
import type { SessionRows, Statement } from './session-rows.js';

/** The last retained message of a topic, as aedes wants it back. */
export interface RetainedPacket {
  readonly cmd: 'publish';
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: true;
}

interface Kept {
  readonly packet: RetainedPacket;
  /** It has a row. */
  readonly durable: boolean;
}

/** Retained messages: those of QoS 1 and 2 are on disk, those of QoS 0 only in memory. */
export class Retained {
  readonly #byTopic = new Map<string, Kept>();
  readonly #full: TroubleLog;

  constructor(
    private readonly rows: SessionRows,
    private readonly maxTopics: number,
    private readonly metrics: Metrics,
    log: Logger,
  ) {
    this.#full = new TroubleLog(log);
  }

  restore(rows: readonly { topic: string; payload: Uint8Array; qos: number }[]): void {
    for (const { topic, payload, qos } of rows) {
      this.#byTopic.set(topic, { packet: packetOf(topic, Buffer.from(payload), qos), durable: true });
    }
  }

  /** What has to be written before a message may count as retained. */
  statements({ topic, payload, qos }: { topic: string; payload: Buffer; qos: number }): Statement[] {
    const hasRow = this.#byTopic.get(topic)?.durable ?? false;
    if (payload.length === 0 || qos === 0) return hasRow ? [this.rows.removeRetained(topic)] : [];
    return this.#hasRoom(topic) ? [this.rows.putRetained(topic, payload, qos)] : [];
  }

  set({ topic, payload, qos }: { topic: string; payload: Buffer; qos: number }): void {
    if (payload.length === 0) {
      this.#byTopic.delete(topic);
      return;
    }
    if (!this.#hasRoom(topic)) {
      this.metrics.count('edgecore_eventbus_retained_refused_total');
      this.#full.warn(
        { topic, maxRetained: this.maxTopics },
        'too many retained messages: this one is not kept',
      );
      return;
    }
    this.#byTopic.set(topic, { packet: packetOf(topic, Buffer.from(payload), qos), durable: qos > 0 });
  }

  /** The retained messages of each filter in turn. */
  *matching(filters: readonly string[]): Generator<RetainedPacket> {
    for (const filter of filters) {
      const exact = this.#byTopic.get(filter);
      if (exact) yield exact.packet;
      if (!/[+#]/.test(filter)) continue;
      const tree = new FilterTree<true>();
      tree.add(filter, true);
      for (const [topic, { packet }] of this.#byTopic) if (tree.match(topic).length > 0) yield packet;
    }
  }

  #hasRoom(topic: string): boolean {
    return this.#byTopic.has(topic) || this.#byTopic.size < this.maxTopics;
  }
}

function packetOf(topic: string, payload: Buffer, qos: number): RetainedPacket {
  return { cmd: 'publish', topic, payload, qos, retain: true };
}
