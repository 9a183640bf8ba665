import type { TerminalSize } from './remote-session.js';

/** A client that never finishes a value must not fill the memory. */
const MAX_VALUE_BYTES = 4096;

/**
 * Reads a resize stream: JSON values such as `{"Width":120,"Height":40}`, split
 * or joined as the network likes. Keys count in any case, as Go reads them: clients
 * in other languages write `{"width":120,"height":40}`. Sizes of nothing are skipped; after something
 * that is not JSON it listens no more, and the session goes on.
 */
export class ResizeReader {
  #text = '';
  #broken = false;

  constructor(private readonly onSize: (size: TerminalSize) => void) {}

  push(bytes: Buffer): void {
    if (this.#broken) return;
    this.#text += bytes.toString('latin1');
    for (let end = this.#text.indexOf('}'); end >= 0; end = this.#text.indexOf('}')) {
      const value = this.#text.slice(0, end + 1);
      this.#text = this.#text.slice(end + 1);
      this.#take(value);
    }
    if (this.#text.length > MAX_VALUE_BYTES) this.#broken = true;
  }

  #take(value: string): void {
    try {
      const entries = Object.entries(JSON.parse(value) as object);
      const { width, height } = Object.fromEntries(entries.map(([key, one]) => [key.toLowerCase(), one]));
      if (isSize(width) && isSize(height)) this.onSize({ columns: width, rows: height });
    } catch {
      this.#broken = true;
    }
  }
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= 65_535;
}
