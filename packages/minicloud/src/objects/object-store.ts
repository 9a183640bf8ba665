import { randomUUID } from 'node:crypto';
import type { KubeObject } from '@edgecore/api';
import type { Store } from '@edgecore/store';
import { alreadyExists, notFound } from './api-status.js';
import { cloudDb } from './cloud-tables.js';
import type { Kind } from './kinds.js';
import { findKind } from './kinds.js';
import { isSameJson } from './same-json.js';
import { kubeTime, namespaceOf, objectKey, type StoredObject } from './stored-object.js';

export interface ObjectEvent {
  readonly type: 'added' | 'modified' | 'deleted';
  readonly kind: Kind;
  /** As it is now; for `deleted` its last state with the version of the deletion. */
  readonly object: StoredObject;
  /** As it was; absent for `added`. */
  readonly previous?: StoredObject;
}

type Listener = (event: ObjectEvent) => void;
const VERSION_KEY = 'resourceVersion';

/**
 * The cloud's objects: all in memory, every change on disk before its promise
 * resolves and before listeners hear of it. Changes of one object run one
 * after the other; those of several share their commits.
 */
export class ObjectStore {
  readonly #objects = new Map<string, StoredObject>();
  /** Sorted keys of each kind, until one comes or goes. */
  readonly #keys = new Map<string, readonly string[]>();
  readonly #listeners = new Set<Listener>();
  readonly #turns = new Map<string, Promise<unknown>>();
  /** Of the newest change, whether or not it is on disk yet. */
  #version = 0;

  private constructor(
    private readonly store: Store,
    private readonly now: () => number,
  ) {}

  static async open(store: Store, now: () => number): Promise<ObjectStore> {
    const objects = new ObjectStore(store, now);
    const db = cloudDb(store);
    for (const { key, value } of await store.all(db.selectFrom('cloud_objects').selectAll())) {
      objects.#objects.set(key, JSON.parse(value) as StoredObject);
    }
    const state = await store.first(db.selectFrom('cloud_state').selectAll().where('key', '=', VERSION_KEY));
    objects.#version = Number(state?.value ?? 0);
    return objects;
  }

  get(kind: Kind, namespace: string, name: string): StoredObject | undefined {
    return this.#objects.get(objectKey(kind, namespace, name));
  }

  /** All of a kind, by namespace and name. */
  list(kind: Kind): StoredObject[] {
    const prefix = `${kind.kind}/`;
    let keys = this.#keys.get(kind.kind);
    if (!keys) {
      keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort();
      this.#keys.set(kind.kind, keys);
    }
    return keys.map((key) => this.#objects.get(key)!);
  }

  /** Calls back after each change is on disk. @returns a function that ends it. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Gives the object its identity and stores it. @throws {ApiError} AlreadyExists. */
  create(kind: Kind, object: KubeObject): Promise<StoredObject> {
    const name = object.metadata?.name ?? '';
    const key = objectKey(kind, namespaceOf(object), name);
    return this.#exclusively(key, async () => {
      if (this.#objects.has(key)) throw alreadyExists(kind, name);
      const stored: StoredObject = {
        kind: kind.kind,
        apiVersion: kind.apiVersion,
        ...object,
        metadata: {
          ...object.metadata,
          name,
          uid: randomUUID(),
          resourceVersion: String(++this.#version),
          creationTimestamp: kubeTime(this.now()),
        },
      };
      await this.#write(key, stored);
      this.#objects.set(key, stored);
      this.#keys.delete(kind.kind);
      this.#emit({ type: 'added', kind, object: stored });
      return stored;
    });
  }

  /**
   * Stores what `change` makes of a copy of the object. No difference, no new version.
   * @throws {ApiError} NotFound, and whatever `change` throws.
   */
  update(
    kind: Kind,
    namespace: string,
    name: string,
    change: (draft: StoredObject) => KubeObject,
  ): Promise<StoredObject> {
    const key = objectKey(kind, namespace, name);
    return this.#exclusively(key, async () => {
      const previous = this.#objects.get(key);
      if (!previous) throw notFound(kind, name);
      const changed = change(structuredClone(previous));
      const { uid, creationTimestamp, resourceVersion } = previous.metadata;
      const same = { name, uid, creationTimestamp };
      const next = { ...changed, metadata: { ...changed.metadata, ...same, resourceVersion } };
      if (isSameJson(next, previous)) return previous;
      next.metadata.resourceVersion = String(++this.#version);
      await this.#write(key, next);
      this.#objects.set(key, next);
      this.#emit({ type: 'modified', kind, object: next, previous });
      return next;
    });
  }

  /**
   * Removes the object for good, `only` if it still is such a one.
   * @returns its last state, or `undefined` when there was none.
   */
  remove(
    kind: Kind,
    namespace: string,
    name: string,
    only: (object: StoredObject) => boolean = () => true,
  ): Promise<StoredObject | undefined> {
    const key = objectKey(kind, namespace, name);
    return this.#exclusively(key, async () => {
      const previous = this.#objects.get(key);
      if (!previous || !only(previous)) return undefined;
      const version = ++this.#version;
      const db = cloudDb(this.store);
      await this.store.write(
        db.deleteFrom('cloud_objects').where('key', '=', key),
        this.#versionWrite(version),
      );
      this.#objects.delete(key);
      this.#keys.delete(kind.kind);
      const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(version) } };
      this.#emit({ type: 'deleted', kind, object, previous });
      return object;
    });
  }

  async #write(key: string, object: StoredObject): Promise<void> {
    const value = JSON.stringify(object);
    await this.store.write(
      cloudDb(this.store)
        .insertInto('cloud_objects')
        .values({ key, value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value })),
      this.#versionWrite(Number(object.metadata.resourceVersion)),
    );
  }

  #versionWrite(version: number) {
    const value = String(version);
    return cloudDb(this.store)
      .insertInto('cloud_state')
      .values({ key: VERSION_KEY, value })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }));
  }

  #exclusively<T>(key: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#turns.get(key) ?? Promise.resolve()).then(work);
    const turn = result
      .catch(() => {})
      .then(() => {
        if (this.#turns.get(key) === turn) this.#turns.delete(key);
      });
    this.#turns.set(key, turn);
    return result;
  }

  #emit(event: ObjectEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

/** The kind of a stored object. */
export function kindOf(object: StoredObject): Kind {
  return findKind(object.kind ?? '')!;
}
