import { errorText, hasCode, isKubeObject, type ParsedResource, ResourceType } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import type { Post } from '../post.js';
import { listContent } from '../rows/content.js';
import type { ObjectRows } from '../rows/object-rows.js';

/** Lists of a 2020 cloud, by the type their elements are stored as; `undefined`: kept whole. */
const LIST_TYPES: ReadonlyMap<string, string | undefined> = new Map([
  [ResourceType.servicelist, ResourceType.service],
  [ResourceType.endpointslist, ResourceType.endpoints],
  [ResourceType.podlist, undefined],
]);

export function isListType(type: string): boolean {
  return LIST_TYPES.has(type);
}

/** `servicelist`, `endpointslist`, `podlist` (metamanager.md §3). */
export class ListMessages {
  constructor(
    private readonly rows: ObjectRows,
    private readonly post: Post,
  ) {}

  /** @throws {UnacceptableMessageError} when the content is no list. @throws {StoreWriteError} */
  async store(message: Message, resource: ParsedResource): Promise<void> {
    const items = listContent(message.content);
    const elementType = LIST_TYPES.get(resource.type);
    if (elementType === undefined) {
      await this.rows.putRaw(resource, items);
      return;
    }
    await Promise.all(items.map((item, index) => this.#storeElement(message, elementType, item, index)));
  }

  async #storeElement(message: Message, type: string, item: unknown, index: number): Promise<void> {
    const { id, resource } = message;
    const namespace = isKubeObject(item) ? (item.metadata.namespace ?? '') : '';
    if (!isKubeObject(item) || namespace === '' || item.metadata.name === '') {
      this.post.log.warn({ id, resource, index }, 'list element without namespace and name, skipped');
      return;
    }
    try {
      await this.rows.put({ namespace, type, name: item.metadata.name }, item);
    } catch (error) {
      if (hasCode(error, 'ERR_STORE_WRITE')) throw error;
      this.post.log.warn({ id, resource, index, error: errorText(error) }, 'list element skipped');
    }
  }
}
