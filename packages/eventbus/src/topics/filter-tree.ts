interface Level<Value> {
  readonly next: Map<string, Level<Value>>;
  readonly values: Set<Value>;
}

/**
 * Values by MQTT topic filter. A filter that starts with a wildcard does not
 * match topics that start with `$` (MQTT 3.1.1 §4.7.2); `a/#` matches `a`.
 */
export class FilterTree<Value> {
  readonly #root: Level<Value> = level();
  #size = 0;

  /** Pairs of filter and value. */
  get size(): number {
    return this.#size;
  }

  add(filter: string, value: Value): void {
    let at = this.#root;
    for (const word of filter.split('/')) {
      let next = at.next.get(word);
      if (!next) {
        next = level();
        at.next.set(word, next);
      }
      at = next;
    }
    if (at.values.has(value)) return;
    at.values.add(value);
    this.#size += 1;
  }

  remove(filter: string, value: Value): void {
    const path: { parent: Level<Value>; word: string }[] = [];
    let at = this.#root;
    for (const word of filter.split('/')) {
      const next = at.next.get(word);
      if (!next) return;
      path.push({ parent: at, word });
      at = next;
    }
    if (at.values.delete(value)) this.#size -= 1;
    for (const { parent, word } of path.reverse()) {
      const child = parent.next.get(word)!;
      if (child.values.size > 0 || child.next.size > 0) return;
      parent.next.delete(word);
    }
  }

  /** The values of all filters that match a topic; a value may come more than once. */
  match(topic: string): Value[] {
    const found: Value[] = [];
    if (this.#size > 0) this.#collect(this.#root, topic.split('/'), 0, topic.startsWith('$'), found);
    return found;
  }

  #collect(at: Level<Value>, words: readonly string[], index: number, dollar: boolean, found: Value[]): void {
    const wildcards = index > 0 || !dollar;
    if (wildcards) {
      const rest = at.next.get('#');
      if (rest) found.push(...rest.values);
    }
    if (index === words.length) {
      found.push(...at.values);
      return;
    }
    const word = words[index]!;
    const exact = at.next.get(word);
    if (exact) this.#collect(exact, words, index + 1, dollar, found);
    const any = wildcards ? at.next.get('+') : undefined;
    if (any) this.#collect(any, words, index + 1, dollar, found);
  }
}

function level<Value>(): Level<Value> {
  return { next: new Map(), values: new Set() };
}
