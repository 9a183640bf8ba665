import {
  CloudSource,
  errorText,
  Group,
  hasCode,
  isKubeObject,
  isRecord,
  isVolumeOperation,
  type KubeObject,
  Operation,
  type ParsedResource,
  parseResource,
  ResourceType,
} from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import { UnacceptableMessageError } from '../errors.js';
import type { Lanes } from '../lanes.js';
import type { Post } from '../post.js';
import type { PodReports } from '../reports/pod-reports.js';
import { destinationOf } from '../routes.js';
import { objectContent } from '../rows/content.js';
import type { ObjectRows } from '../rows/object-rows.js';
import { isListType, type ListMessages } from './list-messages.js';
import type { VolumeCalls } from './volume-calls.js';

export interface CloudMessagesComponents {
  readonly rows: ObjectRows;
  readonly lanes: Lanes;
  readonly post: Post;
  readonly reports: PodReports;
  readonly lists: ListMessages;
  readonly volumes: VolumeCalls;
  readonly edged: string;
}

const KNOWN_SOURCES: ReadonlySet<string> = new Set(Object.values(CloudSource));

/** Most ids of refused messages remembered: the cloud sends each a few times. */
const MAX_REFUSED = 100;

/** Messages of the cloud: stored, then acknowledged, then handed on (metamanager.md §3, §4, §6). */
export class CloudMessages {
  readonly #refused = new Set<string>();

  constructor(private readonly components: CloudMessagesComponents) {}

  async handle(message: Message): Promise<void> {
    const { post, lanes } = this.components;
    try {
      // Edged must see the changes of one object in the order they were made.
      await lanes.run(`cloud ${message.resource}`, () => this.#handle(message));
    } catch (error) {
      const { id, source, operation, resource } = message;
      const text = hasCode(error, 'ERR_STORE_WRITE')
        ? `insert or update meta failed, ${errorText(error)}`
        : errorText(error);
      const level = this.#refused.has(id) ? 'debug' : 'error';
      this.#remember(id);
      post.log[level](
        { id, source, operation, resource, error: text },
        'message of the cloud was not stored',
      );
      await post.complain(message, text);
    }
  }

  /** It comes again as long as it is not acknowledged; told once. */
  #remember(id: string): void {
    if (this.#refused.size >= MAX_REFUSED) this.#refused.clear();
    this.#refused.add(id);
  }

  async #handle(message: Message): Promise<void> {
    const { post, volumes, edged } = this.components;
    const { operation } = message;
    if (isVolumeOperation(operation)) return volumes.handle(message);
    switch (operation) {
      case Operation.insert:
      case Operation.update:
        return this.#put(message, parseResource(message.resource));
      case Operation.delete:
        return this.#delete(message, parseResource(message.resource));
      case Operation.response:
        return this.#lateAnswer(message);
      case Operation.unholdUpgrade:
        return post.forward(edged, message);
      default:
        post.log.debug(
          { id: message.id, operation, resource: message.resource },
          'operation without meaning here',
        );
    }
  }

  async #put(message: Message, resource: ParsedResource): Promise<void> {
    const { rows, lists, reports } = this.components;
    if (isListType(resource.type)) {
      await lists.store(message, resource);
      return this.#confirm(message, resource, true);
    }
    if (resource.name === '') throw new Error(`resource "${message.resource}" names no object`);
    const object = objectContent(message.content);
    const uid = object.metadata?.uid ?? '';
    if (resource.type === ResourceType.pod && uid === '') {
      // Without it nobody can tell its containers from those of another pod of that name.
      throw new UnacceptableMessageError(
        'the pod has no metadata.uid; create it through the API server, which gives it one',
      );
    }
    const outcome = await rows.put(resource, object);
    if (resource.type === ResourceType.pod) {
      await reports.podArrived(resource.namespace, resource.name, uid);
    }
    // An older state is confirmed, since a newer one is on disk, but shown to nobody.
    await this.#confirm(message, resource, outcome === 'stored');
  }

  async #delete(message: Message, resource: ParsedResource): Promise<void> {
    const { rows, reports } = this.components;
    const object: KubeObject | undefined = isRecord(message.content) ? message.content : undefined;
    const uid = typeof object?.metadata?.uid === 'string' ? object.metadata.uid : '';
    await rows.remove(resource, uid, object);
    if (resource.type === ResourceType.pod) await reports.podDeleted(resource.namespace, resource.name, uid);
    await this.#confirm(message, resource, true);
  }

  async #confirm(message: Message, resource: ParsedResource, forward: boolean): Promise<void> {
    const { post, edged } = this.components;
    if (!KNOWN_SOURCES.has(message.source)) {
      const { id, source } = message;
      post.log.warn({ id, source, resource: message.resource }, 'stored a message of an unknown source');
    }
    if (message.group === Group.resource || post.profile.needsAck(message)) await post.ack(message);
    const destination = forward ? destinationOf(resource.type, message, edged) : undefined;
    if (destination) await post.forward(destination.module, destination.message);
  }

  /**
   * An answer nobody waits for any more. Holding a whole object it is stored
   * and confirmed, or it would block the node's queue in the cloud; anything
   * else, an `"OK"` above all, must not end up in the row (wire.md §8).
   */
  async #lateAnswer(message: Message): Promise<void> {
    const { rows, post } = this.components;
    const { id, resource, content } = message;
    const parts = resource.split('/');
    if (message.group !== Group.resource || !isKubeObject(content) || content.metadata.name !== parts[2]) {
      post.log.debug({ id, resource }, 'late answer without an object, dropped');
      return;
    }
    await rows.put(parseResource(resource), content);
    await post.ack(message);
  }
}
