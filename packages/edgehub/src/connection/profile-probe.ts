import { Group, ModuleName, Operation } from '@edgecore/api';
import { createMessage, type Message } from '@edgecore/beehive';
import type { Clock } from '../clock.js';

export interface ProfileProbeOptions {
  readonly nodeName: string;
  /** Wait for an answer to each query. */
  readonly timeoutMs: number;
  /** Queries before silence counts. */
  readonly tries: number;
  readonly clock: Clock;
  /** Sends a query ahead of everything but the keepalive. */
  readonly send: (query: Message) => void;
}

/**
 * Finds out which cloud is at the other end: today's answers a lease query
 * within a second, a 2020 one never does (compat.md §1). One probe per connection.
 */
export class ProfileProbe {
  readonly #queries = new Set<string>();
  readonly #answered: Promise<void>;
  #onAnswer!: () => void;

  constructor(private readonly options: ProfileProbeOptions) {
    this.#answered = new Promise((resolve) => {
      this.#onAnswer = resolve;
    });
  }

  /** True when the message answers one of our queries; it is for nobody else then. */
  takes(message: Message): boolean {
    if (!this.#queries.has(message.parentId)) return false;
    this.#onAnswer();
    return true;
  }

  /** True for an answer, also a late one to an earlier query; false after all tries met silence. */
  async run(signal: AbortSignal): Promise<boolean> {
    const { nodeName, timeoutMs, tries, clock, send } = this.options;
    for (let attempt = 0; attempt < tries; attempt++) {
      const query = createMessage({
        source: ModuleName.edged,
        group: Group.meta,
        operation: Operation.query,
        resource: `kube-node-lease/lease/${nodeName}`,
      });
      this.#queries.add(query.id);
      send(query);
      const enough = new AbortController();
      const either = AbortSignal.any([signal, enough.signal]);
      const silence = clock.sleep(timeoutMs, either).then(
        () => false,
        () => false,
      );
      const answered = await Promise.race([this.#answered.then(() => true), silence]);
      enough.abort();
      signal.throwIfAborted();
      if (answered) return true;
    }
    return false;
  }
}
