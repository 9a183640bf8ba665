import { parseDuration } from './duration.js';
import type { ConfigTree } from './overlay/defaults.js';
import type { GivenKey, Overlaid } from './overlay/overlay.js';
import type { ConfigValue } from './schema/field.js';
import type { ConfigVersion } from './schema/schema.js';

/** Typed access to effective values by dotted path. A wrong path is a programming error and throws. */
export class ConfigReader {
  readonly #tree: ConfigTree;
  readonly #given: ReadonlyMap<string, GivenKey>;
  readonly #sections: ReadonlyMap<string, number>;

  constructor(
    { tree, given, sections }: Overlaid,
    readonly version: ConfigVersion,
  ) {
    this.#tree = tree;
    this.#given = given;
    this.#sections = sections;
  }

  /** Line of the key or section in the file, if it is there. */
  line(path: string): number | undefined {
    return this.#given.get(path)?.line ?? this.#sections.get(path);
  }

  /** Is the section or field there? False for an opt-in section the file does not have. */
  has(path: string): boolean {
    return this.#find(path) !== undefined;
  }

  text(path: string): string {
    return this.#typed(path, 'string');
  }

  number(path: string): number {
    return this.#typed(path, 'number');
  }

  bool(path: string): boolean {
    return this.#typed(path, 'boolean');
  }

  optionalNumber(path: string): number | undefined {
    return this.has(path) ? this.number(path) : undefined;
  }

  optionalText(path: string): string | undefined {
    return this.has(path) ? this.text(path) : undefined;
  }

  /** Seconds in the file, milliseconds here. */
  seconds(path: string): number {
    return this.number(path) * 1000;
  }

  /** A duration string in the file, milliseconds here. */
  durationMs(path: string): number {
    return parseDuration(this.text(path))!;
  }

  /** A list; unset and null are empty. */
  list<T extends ConfigValue = string>(path: string): readonly T[] {
    const value = this.#find(path);
    return Array.isArray(value) ? (value as readonly T[]) : [];
  }

  /** A mapping; unset and null are empty. */
  map<T extends ConfigValue = string>(path: string): Readonly<Record<string, T>> {
    const value = this.#find(path);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, T>)
      : {};
  }

  #typed<T extends string | number | boolean>(path: string, type: 'string' | 'number' | 'boolean'): T {
    const value = this.#find(path);
    if (typeof value !== type)
      throw new TypeError(`no ${type} at ${path} in a ${this.version} configuration`);
    return value as T;
  }

  #find(path: string): ConfigTree[string] {
    let at: ConfigTree[string] = this.#tree;
    for (const key of path.split('.')) {
      if (typeof at !== 'object' || at === null) return undefined;
      at = (at as ConfigTree)[key];
    }
    return at;
  }
}
