import type { Message } from '@edgecore/beehive';

const HIGH_MESSAGES = 16;
const HIGH_BYTES = 1024 * 1024;

/**
 * Received messages not yet consumed. It asks its source to pause above a
 * high mark and to resume once half empty; what the source still delivers
 * after `pause` is kept, so the bound is the mark plus one socket chunk.
 */
export class InboundQueue {
  readonly #entries: { message: Message; bytes: number }[] = [];
  #bytes = 0;
  #paused = false;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(private readonly source: { pause(): void; resume(): void }) {}

  get paused(): boolean {
    return this.#paused;
  }

  push(message: Message, bytes: number): void {
    if (this.#ended) return;
    this.#entries.push({ message, bytes });
    this.#bytes += bytes;
    if (!this.#paused && (this.#entries.length >= HIGH_MESSAGES || this.#bytes >= HIGH_BYTES)) {
      this.#paused = true;
      this.source.pause();
    }
    this.#wake?.();
  }

  /** No more will come; what is queued is still yielded. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *messages(): AsyncGenerator<Message, void, undefined> {
    for (;;) {
      const entry = this.#entries.shift();
      if (entry) {
        this.#bytes -= entry.bytes;
        this.#maybeResume();
        yield entry.message;
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    }
  }

  #maybeResume(): void {
    if (!this.#paused || this.#ended) return;
    if (this.#entries.length > HIGH_MESSAGES / 2 || this.#bytes > HIGH_BYTES / 2) return;
    this.#paused = false;
    this.source.resume();
  }
}
