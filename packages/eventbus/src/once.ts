/** Most things an {@link Once} remembers. */
const MAX_REMEMBERED = 1000;

/** Says yes the first time it is asked about something, within bounds. */
export class Once {
  readonly #seen = new Set<string>();

  first(what: string): boolean {
    if (this.#seen.has(what)) return false;
    if (this.#seen.size >= MAX_REMEMBERED) return false;
    this.#seen.add(what);
    return true;
  }
}
