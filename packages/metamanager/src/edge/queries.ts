import { formatResource, type ParsedResource, parseResource, ResourceType } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import { parseJson, stringifyJson } from '@edgecore/beehive';
import type { Lanes } from '../lanes.js';
import { OFFLINE_REMOTE, type Post } from '../post.js';
import type { ObjectRows, RowAddress } from '../rows/object-rows.js';
import type { CloudAnswers } from './cloud-answers.js';
import { tokenRow, tokenState } from './tokens.js';

export interface QueriesComponents {
  readonly rows: ObjectRows;
  readonly lanes: Lanes;
  readonly post: Post;
  readonly answers: CloudAnswers;
  readonly timeoutMs: number;
  readonly now: () => number;
}

/** Queries of the edge: from the database or from the cloud (metamanager.md §5). */
export class Queries {
  constructor(private readonly components: QueriesComponents) {}

  async answer(request: Message, resource: ParsedResource): Promise<void> {
    const { rows, post } = this.components;
    if (resource.name === '' && resource.type === ResourceType.listener) {
      await post.answer(request, await this.#listeners());
    } else if (resource.name === '') {
      await post.answer(request, await rows.list(resource.type));
    } else if (resource.type === ResourceType.serviceaccounttoken) {
      await this.#token(request, resource);
    } else if (!post.connected || !post.profile.remoteTypes.has(resource.type)) {
      await post.answer(request, asList(await rows.get(resource)));
    } else {
      await this.#remote(request, resource);
    }
  }

  /** With their names: the value is only an address, and no upstream ever lists them. */
  async #listeners(): Promise<string[]> {
    const entries = await this.components.rows.entries(ResourceType.listener);
    return entries.map(({ key, value }) => stringifyJson({ name: parseResource(key).name, value }));
  }

  async #remote(request: Message, resource: ParsedResource): Promise<void> {
    const { rows, lanes, post } = this.components;
    const { namespace, type, name } = resource;
    // Asking twice is worse than useless: a 2020 cloud does not answer a question it has answered (compat.md §2).
    await lanes.run(`ask ${formatResource(namespace, type, name)}`, async () => {
      const row = post.profile.databaseFirstTypes.has(type) ? await rows.get(resource) : undefined;
      if (row !== undefined) await post.answer(request, [row]);
      else await this.#ask(request, resource, () => rows.get(resource));
    });
  }

  async #token(request: Message, resource: ParsedResource): Promise<void> {
    const { rows, lanes, post, now } = this.components;
    const address = tokenRow(resource, request.content);
    await lanes.run(`ask ${address.key}`, async () => {
      const row = await rows.get(address);
      const state = row === undefined ? 'expired' : tokenState(parseJson(row), now());
      if (row !== undefined && state === 'fresh') {
        await post.answer(request, [row]);
        return;
      }
      if (row !== undefined && state === 'expired') await rows.drop([address.key]);
      const usable = state === 'refresh' ? row : undefined;
      if (!post.connected || !post.profile.hasModernResources) {
        if (usable === undefined) throw new Error(OFFLINE_REMOTE);
        await post.answer(request, [usable]);
        return;
      }
      await this.#ask(request, address, async () => usable);
    });
  }

  /** Asks the cloud; where it keeps silent, what the edge still has is better than nothing. */
  async #ask(
    request: Message,
    address: RowAddress,
    fallback: () => Promise<string | undefined>,
  ): Promise<void> {
    const { post, answers, timeoutMs } = this.components;
    let answer: Message;
    try {
      answer = await post.askCloud(request, timeoutMs);
    } catch (error) {
      const row = await fallback();
      if (row !== undefined) await post.answer(request, [row]);
      else await post.refuse(request, post.failureText(error));
      return;
    }
    await answers.settle(request, answer, address);
  }
}

function asList(row: string | undefined): string[] {
  return row === undefined ? [] : [row];
}
