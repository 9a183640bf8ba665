import { ApiError } from '../errors.js';
import { type Kind, Kinds } from '../objects/kinds.js';
import type { ObjectEvent } from '../objects/object-store.js';
import { type StoredObject, specOf } from '../objects/stored-object.js';
import type { Wanted } from './wanted.js';

/** Of one node; a mesh has two. */
const MAX_WATCHES = 256;

/** The live watches of one connection of a node. */
export class NodeWatches {
  readonly #watches = new Map<string, Wanted>();

  constructor(readonly node: string) {}

  /** @throws {ApiError} TooManyRequests. */
  add(id: string, wanted: Wanted): void {
    if (!this.#watches.has(id) && this.#watches.size >= MAX_WATCHES) {
      const text = `node ${this.node} has ${MAX_WATCHES} watches; end some of them first`;
      throw new ApiError('TooManyRequests', 429, text);
    }
    this.#watches.set(id, wanted);
  }

  has(id: string): boolean {
    return this.#watches.has(id);
  }

  /** Ends all watches but these. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#watches.keys()) if (!ids.has(id)) this.#watches.delete(id);
  }

  /**
   * What a change is for the node, all its watches together: an object that
   * comes into their sight is inserted, one that leaves it is deleted.
   */
  operationFor({ type, kind, object, previous }: ObjectEvent): 'insert' | 'update' | 'delete' | undefined {
    const watches = [...this.#watches.values()].filter((wanted) => wanted.kind === kind);
    if (watches.length === 0 || this.isOwn(kind, object)) return undefined;
    const sees = (one: StoredObject) => watches.some((wanted) => wanted.selects(one));
    const before = previous !== undefined && sees(previous);
    if (type === 'deleted' || !sees(object)) return before ? 'delete' : undefined;
    return before ? 'update' : 'insert';
  }

  /** Pods of the node itself come to it anyway; told twice, a watch that loses sight of one would stop it. */
  isOwn(kind: Kind, object: StoredObject): boolean {
    return kind === Kinds.pod && specOf(object)['nodeName'] === this.node;
  }
}
