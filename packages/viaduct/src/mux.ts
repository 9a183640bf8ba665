import type { Message } from '@edgecore/beehive';

/** Which messages an entry wants (wire.md §2.8). */
export interface MuxPattern {
  /** An operation word, or `*`. Default `*`. */
  readonly operation?: string;
  /** `*`, or segments joined by `/`: literals, `{name}`, `{name:*}`, `{name:regular expression}`. */
  readonly resource: string;
}

/** What a handler gets. */
export interface MuxMatch {
  readonly message: Message;
  /** The captures of the pattern by name. */
  readonly params: Readonly<Record<string, string>>;
}

export type MuxHandler = (match: MuxMatch) => void | Promise<void>;
/** Looks at every message first; what it throws drops the message. */
export type MuxFilter = (message: Message) => void | Promise<void>;

interface Entry {
  readonly operation: string;
  readonly matcher: ResourceMatcher;
  readonly handler: MuxHandler;
}

/**
 * Dispatches messages by operation and resource: entries in order, the first
 * match wins, no match is no error (wire.md §2.8).
 *
 * @example
 * new Mux().handle({ operation: 'update', resource: '{namespace}/pod/{name}' }, ({ params }) => start(params.name));
 */
export class Mux {
  readonly #entries: Entry[] = [];
  readonly #filters: MuxFilter[] = [];

  /** @throws {SyntaxError} when a `{name:expression}` is no regular expression. */
  handle(pattern: MuxPattern, handler: MuxHandler): this {
    const { operation = '*', resource } = pattern;
    this.#entries.push({ operation, matcher: compileResource(resource), handler });
    return this;
  }

  /** Filters run in the order given, before any handler. */
  use(filter: MuxFilter): this {
    this.#filters.push(filter);
    return this;
  }

  /**
   * Runs the filters, then the first matching handler.
   * @returns whether one matched. @throws whatever a filter or the handler throws.
   */
  async dispatch(message: Message): Promise<boolean> {
    for (const filter of this.#filters) await filter(message);
    for (const { operation, matcher, handler } of this.#entries) {
      if (operation !== '*' && operation !== message.operation) continue;
      const params = matcher(message.resource);
      if (!params) continue;
      await handler({ message, params });
      return true;
    }
    return false;
  }
}

/** Captures by name, or `undefined` when the resource does not match. */
export type ResourceMatcher = (resource: string) => Record<string, string> | undefined;

/** Compiles a resource pattern; what follows the last segment after a `/` is allowed (wire.md §2.8). */
export function compileResource(pattern: string): ResourceMatcher {
  if (pattern === '*') return () => ({});
  const names: string[] = [];
  const segments = pattern.split('/').map((segment) => {
    const capture = /^\{([^:}]+)(?::(.*))?\}$/.exec(segment);
    if (!capture) return segment.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    const [, name = '', expression] = capture;
    names.push(name);
    // Named by position: an expression may hold groups of its own.
    const body = expression === undefined ? '[^/]+?' : expression === '*' ? '.*' : expression;
    return `(?<p${names.length - 1}>${body})`;
  });
  const expression = new RegExp(`^${segments.join('/')}(?:/.*)?$`);
  return (resource) => {
    const match = expression.exec(resource);
    if (!match) return undefined;
    return Object.fromEntries(names.map((name, index) => [name, match.groups?.[`p${index}`] ?? '']));
  };
}
