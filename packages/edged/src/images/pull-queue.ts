import { abortable } from '../abortable.js';

interface Turn {
  readonly begins: Promise<void>;
  readonly end: () => void;
  /** Members that are not through yet. */
  members: number;
}

/**
 * One pull at a time. Whoever wants the same as one that waits or is under way
 * shares its turn: the runtime makes one pull of theirs (edged.md §8).
 */
export class PullQueue {
  readonly #turns = new Map<string, Turn>();
  #last: Promise<void> = Promise.resolve();

  /**
   * @param key equal for pulls that are the same
   * @throws what `work` throws, or the abort reason: who no longer wants it does not wait for their turn.
   */
  async run<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#turns.get(key) ?? this.#addTurn(key);
    turn.members++;
    try {
      await (signal ? abortable(turn.begins, signal) : turn.begins);
      return await work();
    } finally {
      if (--turn.members === 0) {
        this.#turns.delete(key);
        turn.end();
      }
    }
  }

  #addTurn(key: string): Turn {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const begins = this.#last;
    // A turn that everybody has left while it waited ends early, but not before the ones ahead of it.
    this.#last = Promise.all([begins, ended]).then(() => {});
    const turn = { begins, end, members: 0 };
    this.#turns.set(key, turn);
    return turn;
  }
}
