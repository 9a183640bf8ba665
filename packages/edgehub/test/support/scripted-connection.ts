import type { Message } from '@edgecore/beehive';
import { type CloseInfo, type Connection, ConnectionClosedError } from '@edgecore/viaduct';

/** A connection whose writes the test confirms, when it likes; nothing ever comes in. */
export class ScriptedConnection implements Connection {
  readonly headers = {};
  readonly remoteAddress = 'scripted:1';
  readonly bufferedBytes = 0;
  readonly written: Message[] = [];
  readonly closed: Promise<CloseInfo>;
  #onClosed!: (info: CloseInfo) => void;

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

  messages(): AsyncIterableIterator<Message> {
    const ended = this.closed.then(() => ({ done: true as const, value: undefined }));
    return {
      next: () => ended,
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  async close(): Promise<void> {
    this.#onClosed({ code: 1006, reason: '' });
  }
}
