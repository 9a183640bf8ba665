import type { KubeObject, Logger, ParsedResource } from '@edgecore/api';
import { formatResource, isRecord, ResourceType } from '@edgecore/api';
import { parseJson, stringifyJson } from '@edgecore/beehive';
import type { Store } from '@edgecore/store';
import { UnacceptableMessageError } from '../errors.js';
import type { Lanes } from '../lanes.js';
import type { DurableWriter } from './durable-writer.js';
import { v2Identity } from './kinds.js';
import { isOlder } from './version.js';

export interface ObjectRowsComponents {
  readonly store: Store;
  readonly writer: DurableWriter;
  readonly lanes: Lanes;
  readonly log: Logger;
  readonly maxValueBytes: number;
}

type Statement = Parameters<Store['write']>[number];

/** Where a row is; `key` only where it is not the resource string itself. */
export type RowAddress = ParsedResource & { readonly key?: string };

/**
 * The Kubernetes objects on the edge: one row in `meta` as it came, one in
 * `meta_v2` for MetaServer, always written together. Changes of one object
 * are made one after the other; every promise means "on disk".
 */
export class ObjectRows {
  constructor(private readonly components: ObjectRowsComponents) {}

  /**
   * Inserts or replaces, unless an equal or newer state of the same object
   * must stay: `older` then.
   * @throws {UnacceptableMessageError} when it is too large. @throws {StoreWriteError}
   */
  put(resource: RowAddress, object: KubeObject): Promise<'stored' | 'older'> {
    return this.#exclusive(resource, async () => {
      if (isOlder(object, await this.#stored(resource))) return 'older';
      const value = this.#valueOf(object);
      await this.components.writer.write(
        this.#upsert(keyOf(resource), resource.type, value),
        ...this.#upsertV2(resource, object),
      );
      return 'stored';
    });
  }

  /** Stores any JSON value under its own key, without looking at what it is (lists, statuses). */
  putRaw(resource: RowAddress, value: unknown): Promise<void> {
    return this.#exclusive(resource, async () => {
      await this.components.writer.write(this.#upsert(keyOf(resource), resource.type, this.#valueOf(value)));
    });
  }

  /**
   * Deletes, unless the stored object has another uid than the one given
   * (`''` fits any). Removing what is not there is no error. With a pod go its
   * reports and tokens.
   */
  remove(resource: RowAddress, uid: string, content?: KubeObject): Promise<'gone' | 'otherUid'> {
    return this.#exclusive(resource, async () => {
      const stored = await this.#stored(resource);
      const storedUid = stored?.metadata?.uid ?? '';
      if (uid !== '' && storedUid !== '' && uid !== storedUid) return 'otherUid';
      const { namespace, type, name } = resource;
      const keys = [keyOf(resource)];
      const statements: Statement[] = [];
      if (type === ResourceType.pod) {
        for (const report of [ResourceType.podstatus, ResourceType.podpatch]) {
          keys.push(formatResource(namespace, report, name));
        }
        const podUid = uid || storedUid;
        if (podUid !== '') statements.push(this.#deleteTokensOf(podUid));
      }
      const { db } = this.components.store;
      statements.push(db.deleteFrom('meta').where('key', 'in', keys));
      for (const object of [content, stored]) {
        const identity = v2Identity(resource, object);
        if (identity) statements.push(db.deleteFrom('meta_v2').where('key', '=', identity.key));
      }
      await this.components.writer.write(...statements);
      return 'gone';
    });
  }

  /** The row's text if there is one and it holds a JSON object or list; a broken row is set aside. */
  async get(resource: RowAddress): Promise<string | undefined> {
    return this.#exclusive(resource, async () => (await this.#sound(keyOf(resource), resource.type))?.text);
  }

  /** Texts of all rows of a type, every namespace (metamanager.md §5). */
  async list(type: string): Promise<string[]> {
    return (await this.#all(type)).map((row) => row.text);
  }

  /** Rows of a type with their keys, parsed. */
  entries(type: string): Promise<{ key: string; value: unknown }[]> {
    return this.#all(type);
  }

  /** Removes rows by key, whatever they hold. */
  async drop(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const { store, writer } = this.components;
    await writer.write(store.db.deleteFrom('meta').where('key', 'in', [...keys]));
  }

  async #all(type: string): Promise<{ key: string; text: string; value: unknown }[]> {
    const { store } = this.components;
    const query = store.db
      .selectFrom('meta')
      .select(['key', 'value'])
      .where('type', '=', type)
      .orderBy('key');
    const rows: { key: string; text: string; value: unknown }[] = [];
    for (const { key, value: text } of await store.all(query)) {
      const value = soundValue(text, type);
      if (value === undefined) await this.#quarantine(key, text);
      else rows.push({ key, text: text!, value });
    }
    return rows;
  }

  #exclusive<T>(resource: RowAddress, task: () => Promise<T>): Promise<T> {
    return this.components.lanes.run(`row ${keyOf(resource)}`, task);
  }

  #valueOf(value: unknown): string {
    const text = stringifyJson(value);
    const size = Buffer.byteLength(text);
    const { maxValueBytes } = this.components;
    if (size <= maxValueBytes) return text;
    throw new UnacceptableMessageError(
      `the object has ${size} bytes, the limit (maxValueBytes) is ${maxValueBytes}`,
    );
  }

  #upsert(key: string, type: string, value: string): Statement {
    return this.components.store.db.replaceInto('meta').values({ key, type, value });
  }

  #upsertV2(resource: RowAddress, object: KubeObject): Statement[] {
    const identity = v2Identity(resource, object);
    if (!identity) return [];
    const version = object.metadata?.resourceVersion ?? '';
    const { kind, apiVersion } = identity;
    return [
      this.components.store.db.replaceInto('meta_v2').values({
        key: identity.key,
        group_version_resource: identity.groupVersionResource,
        namespace: identity.namespace,
        name: identity.name,
        resource_version: /^\d+$/.test(version) ? Number(version) : 0,
        value: `${stringifyJson({ ...object, kind, apiVersion })}\n`,
      }),
    ];
  }

  #deleteTokensOf(podUid: string): Statement {
    return this.components.store.db
      .deleteFrom('meta')
      .where('type', '=', ResourceType.serviceaccounttoken)
      .where('key', 'like', `%UID:"${podUid.replace(/[%_]/g, '')}"%`);
  }

  async #stored(resource: RowAddress): Promise<KubeObject | undefined> {
    const row = await this.#sound(keyOf(resource), resource.type);
    return isRecord(row?.value) ? row.value : undefined;
  }

  async #sound(key: string, type: string): Promise<{ text: string; value: unknown } | undefined> {
    const { store } = this.components;
    const row = await store.first(store.db.selectFrom('meta').select('value').where('key', '=', key));
    if (!row) return undefined;
    const value = soundValue(row.value, type);
    if (value !== undefined) return { text: row.value!, value };
    await this.#quarantine(key, row.value);
    return undefined;
  }

  /** Kept for whoever wants to know what it was, out of everybody's way. */
  async #quarantine(key: string, value: string | null): Promise<void> {
    const { store, writer, log } = this.components;
    log.error({ key }, 'row is not a JSON object or list: set aside, the object counts as not found');
    await writer.write(
      store.db.replaceInto('edgecore_ts_state').values({ key: `quarantine/${key}`, value: value ?? '' }),
      store.db.deleteFrom('meta').where('key', '=', key),
    );
  }
}

function keyOf({ key, namespace, type, name }: RowAddress): string {
  return key ?? formatResource(namespace, type, name);
}

/** What a row holds when that is a JSON object or list, or a listener's address; anything else cannot be an object. */
function soundValue(text: string | null, type: string): object | string | undefined {
  if (text === null) return undefined;
  try {
    const value = parseJson(text);
    if (typeof value === 'string' && type === ResourceType.listener) return value;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
