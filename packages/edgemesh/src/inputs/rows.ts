import { setMaxListeners } from 'node:events';
import { formatResource, Group, ModuleName, Operation, ResourceType } from '@edgecore/api';
import type { Message, ModuleContext } from '@edgecore/beehive';
import { createMessage, parseJson } from '@edgecore/beehive';
import { type ServiceKey, serviceKey } from '../model/names.js';
import { record, text } from '../model/read.js';

export interface RowsOptions {
  readonly ctx: Pick<ModuleContext, 'request' | 'signal'>;
  /** Default `metamanager`. */
  readonly metaManager?: string;
  readonly timeoutMs?: number;
}

/** Namespace word of all listener rows, whatever the service's (edgemesh.md §4.3). */
const LISTENER_NAMESPACE = 'default';
/** MetaManager takes 256 requests at once, of all modules. */
const AT_ONCE = 32;

/** The mesh's view of MetaManager's database, by messages; it has none of its own. */
export class Rows {
  readonly #options: Required<RowsOptions>;

  constructor(options: RowsOptions) {
    this.#options = { metaManager: ModuleName.metamanager, timeoutMs: 65_000, ...options };
    // Each request listens to it while it waits; from eleven on Node would warn of a leak.
    setMaxListeners(2 * AT_ONCE, options.ctx.signal);
  }

  /** Objects of a type; rows that are not JSON are MetaManager's to set aside. */
  async objects(type: string): Promise<unknown[]> {
    return this.#list(formatResource('all', type));
  }

  /** The pod list stored for each of these services, `undefined` where there is none. */
  async podLists(services: readonly { namespace: string; name: string }[]): Promise<(unknown | undefined)[]> {
    const lists: (unknown | undefined)[] = [];
    for (let start = 0; start < services.length; start += AT_ONCE) {
      const some = services.slice(start, start + AT_ONCE).map(async ({ namespace, name }) => {
        return (await this.#list(formatResource(namespace, ResourceType.podlist, name)))[0];
      });
      lists.push(...(await Promise.all(some)));
    }
    return lists;
  }

  /** Virtual addresses by service, those of services long gone included. */
  async listeners(): Promise<Map<ServiceKey, string>> {
    const found = new Map<ServiceKey, string>();
    for (const row of await this.#list(formatResource(LISTENER_NAMESPACE, ResourceType.listener))) {
      const name = text(record(row)['name']);
      const dot = name.indexOf('.');
      if (dot <= 0) continue;
      found.set(serviceKey(name.slice(0, dot), name.slice(dot + 1)), text(record(row)['value']));
    }
    return found;
  }

  async putListener(key: ServiceKey, address: string): Promise<void> {
    await this.#ask(Operation.insert, listenerResource(key), address);
  }

  async removeListener(key: ServiceKey): Promise<void> {
    await this.#ask(Operation.delete, listenerResource(key));
  }

  async putPodList(namespace: string, service: string, pods: unknown): Promise<void> {
    await this.#ask(Operation.update, formatResource(namespace, ResourceType.podlist, service), pods);
  }

  async remove(namespace: string, type: string, name: string): Promise<void> {
    await this.#ask(Operation.delete, formatResource(namespace, type, name));
  }

  async #list(resource: string): Promise<unknown[]> {
    const { content } = await this.#ask(Operation.query, resource);
    return (Array.isArray(content) ? content : []).flatMap((row) => {
      if (typeof row !== 'string') return [row as unknown];
      try {
        return [parseJson(row)];
      } catch {
        return [];
      }
    });
  }

  #ask(operation: string, resource: string, content: unknown = null): Promise<Message> {
    const { ctx, metaManager, timeoutMs } = this.#options;
    const request = createMessage<unknown>({
      source: ModuleName.edgemesh,
      group: Group.meta,
      operation,
      resource,
      content,
    });
    return ctx.request(metaManager, request, { timeoutMs, signal: ctx.signal });
  }
}

function listenerResource(key: ServiceKey): string {
  return formatResource(LISTENER_NAMESPACE, ResourceType.listener, key.replace('/', '.'));
}
