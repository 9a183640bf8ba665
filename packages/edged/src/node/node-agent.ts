import { type CloudLink, errorText, type KubeObject, type Logger } from '@edgecore/api';
import { type Clock, pause } from '../ports/clock.js';
import type { NodeDialect } from './dialect.js';

export type DialectName = 'legacy' | 'modern';

export interface NodeAgentOptions {
  readonly link: CloudLink;
  readonly clock: Clock;
  readonly log: Logger;
  /** Wait after an unforeseen error of a dialect. */
  readonly retryMs: number;
  createDialect(name: DialectName): NodeDialect;
}

/**
 * Tells the cloud about the node: waits for a connection and its profile, and
 * lets that cloud's dialect work until the connection ends or the profile changes
 * (edged.md §10.3). Undecided: nothing is sent.
 */
export class NodeAgent {
  #name: DialectName | undefined;
  #dialect: NodeDialect | undefined;

  constructor(private readonly options: NodeAgentOptions) {}

  /** Returns when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, retryMs } = this.options;
    while (!signal.aborted) {
      const session = this.#session(signal);
      try {
        const name = await session.dialect;
        await this.#use(name).run(session.signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!session.signal.aborted) {
          log.error({ error: errorText(error) }, 'node reporting failed; starting it again');
          await pause(clock, retryMs, session.signal).catch(() => {});
        }
      } finally {
        session.end();
      }
    }
  }

  /** The node object as the cloud pushed it; `undefined` when it was deleted. */
  nodePushed(node: KubeObject | undefined): void {
    this.#dialect?.nodePushed(node);
  }

  /** What is known about the node belongs to a dialect: another one starts afresh. */
  #use(name: DialectName): NodeDialect {
    if (!this.#dialect || this.#name !== name) {
      this.#name = name;
      this.#dialect = this.options.createDialect(name);
    }
    return this.#dialect;
  }

  /** From a usable connection until it, or its dialect, is another. */
  #session(outer: AbortSignal) {
    const { link } = this.options;
    const end = new AbortController();
    const { promise, resolve, reject } = promiseOf<DialectName>();
    let current: DialectName | undefined;
    const look = () => {
      const now = link.connected ? link.profile?.nodeDialect : undefined;
      if (current === undefined && now !== undefined) {
        current = now;
        resolve(now);
      } else if (current !== undefined && now !== current) {
        end.abort(new Error('the connection ended'));
      }
    };
    const abort = () => {
      end.abort(outer.reason);
      reject(outer.reason);
    };
    const unsubscribe = link.onChange(look);
    outer.addEventListener('abort', abort, { once: true });
    look();
    return {
      dialect: promise,
      signal: end.signal,
      end() {
        unsubscribe();
        outer.removeEventListener('abort', abort);
        end.abort(new Error('the connection ended'));
      },
    };
  }
}

function promiseOf<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
