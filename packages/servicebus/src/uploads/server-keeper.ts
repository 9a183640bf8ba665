import { errorText, type Logger } from '@edgecore/api';

/** A server that listens. */
export interface Listening {
  close(): Promise<void>;
}

export interface KeeperOptions {
  /** Rejects when it cannot listen. */
  readonly open: () => Promise<Listening>;
  /** Pause before it is tried again. */
  readonly retryMs: number;
  readonly log: Logger;
}

/** Brings a server to the state wanted, again and again if need be: up while there are rules, else down. */
export class ServerKeeper {
  #wanted = false;
  #server: Listening | undefined;
  #problem: string | undefined;
  #retry: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();
  readonly #closing = new Set<Promise<void>>();

  constructor(private readonly options: KeeperOptions) {}

  /** Why it does not listen although it should. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Resolves when the state is reached or could not be (it is tried again then). Never rejects. */
  want(up: boolean): Promise<void> {
    this.#wanted = up;
    this.#turn = this.#turn.then(() => this.#reconcile());
    return this.#turn;
  }

  /** Down, and the last request answered. */
  async close(): Promise<void> {
    await this.want(false);
    await Promise.all(this.#closing);
  }

  async #reconcile(): Promise<void> {
    clearTimeout(this.#retry);
    if (!this.#wanted) {
      this.#problem = undefined;
      if (this.#server) this.#leave(this.#server);
      this.#server = undefined;
      return;
    }
    if (this.#server) return;
    const { open, retryMs, log } = this.options;
    try {
      this.#server = await open();
      if (this.#problem !== undefined) log.info('applications of this node can reach the cloud again');
      this.#problem = undefined;
    } catch (error) {
      const problem = errorText(error);
      // Once; it may be so for days.
      if (problem !== this.#problem) log.error(problem);
      this.#problem = problem;
      this.#retry = setTimeout(() => void this.want(this.#wanted), retryMs);
    }
  }

  /** The address is free at once: a new server need not wait for the requests of the old one. */
  #leave(server: Listening): void {
    const closed = server.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
