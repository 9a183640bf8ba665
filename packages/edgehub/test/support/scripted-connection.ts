import type { Message } from '@edgecore/beehive';
import { type CloseInfo, type Connection, ConnectionClosedError } from '@edgecore/viaduct';

/** A connection whose writes the test confirms, when it likes, and which brings what the test delivers. */
export class ScriptedConnection implements Connection {
  readonly headers = {};
  readonly remoteAddress = 'scripted:1';
  readonly bufferedBytes = 0;
  readonly written: Message[] = [];
  readonly closed: Promise<CloseInfo>;
  #onClosed!: (info: CloseInfo) => void;
  readonly #incoming: Message[] = [];
  #arrived = () => {};

  /** `confirm` resolves when the write is done. */
  constructor(private readonly confirm: (message: Message) => Promise<void> = async () => {}) {
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve;
    });
  }

  async send(message: Message): Promise<void> {
    this.written.push(message);
    const lost = this.closed.then(() => {
      throw new ConnectionClosedError();
    });
    await Promise.race([this.confirm(message), lost]);
  }

  deliver(message: Message): void {
    this.#incoming.push(message);
    this.#arrived();
  }

  messages(): AsyncIterableIterator<Message> {
    const ended = this.closed.then(() => 'ended' as const);
    return {
      next: async () => {
        while (this.#incoming.length === 0) {
          const more = new Promise<void>((resolve) => {
            this.#arrived = resolve;
          });
          if ((await Promise.race([more, ended])) === 'ended') return { done: true, value: undefined };
        }
        return { done: false, value: this.#incoming.shift()! };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  async close(): Promise<void> {
    this.#onClosed({ code: 1006, reason: '' });
  }
}
