import {
  answerError,
  errorText,
  Group,
  isKubeObject,
  isObjectResp,
  type KubeObject,
  type Logger,
  ResourceType,
} from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import type { LossHint } from '../loss-hint.js';
import type { Post } from '../post.js';
import type { ObjectRows, RowAddress } from '../rows/object-rows.js';

export interface CloudAnswersComponents {
  readonly rows: ObjectRows;
  readonly post: Post;
  readonly log: Logger;
  readonly lossHint: LossHint;
}

/** What is done with the cloud's answer to a request of the edge: stored, confirmed, handed on. */
export class CloudAnswers {
  constructor(private readonly components: CloudAnswersComponents) {}

  /** `storeAs`: where the object of a good answer goes; nothing is stored without. */
  async settle(request: Message, answer: Message, storeAs?: RowAddress): Promise<void> {
    const { post, log } = this.components;
    let stored = false;
    let failed = false;
    const object = storeAs && storable(answer.content, storeAs);
    if (object) {
      try {
        await this.#store(storeAs, object);
        stored = true;
      } catch (error) {
        failed = true;
        log.error(
          { id: answer.id, resource: request.resource, error: errorText(error) },
          'answer of the cloud not stored',
        );
        await post.complain(answer, `insert or update meta failed, ${errorText(error)}`);
      }
    }
    // Unstored, it stays unconfirmed: the cloud sends it again, and the late answer is stored then.
    if (!failed) await this.acknowledge(answer, stored);
    if (storeAs?.type === ResourceType.node && answerError(answer.content)?.reason === 'AlreadyExists') {
      this.components.lossHint.nodeExists();
    }
    await post.passOn(request, answer);
  }

  /** Confirms what this cloud wants confirmed, and whatever was stored. */
  async acknowledge(answer: Message, stored = false): Promise<void> {
    const { post } = this.components;
    if (post.profile.needsAck(answer) || (stored && answer.group === Group.resource)) await post.ack(answer);
  }

  async #store(address: RowAddress, object: KubeObject): Promise<void> {
    const { rows } = this.components;
    if (address.type === ResourceType.serviceaccounttoken) await rows.putRaw(address, object);
    else await rows.put(address, object);
  }
}

/** The object an answer holds; never an error, an `"OK"`, or an object of another name. */
function storable(content: unknown, { type, name }: RowAddress): KubeObject | undefined {
  if (answerError(content)) return undefined;
  const object = isObjectResp(content) ? content.Object : content;
  if (type === ResourceType.serviceaccounttoken) return isToken(object) ? object : undefined;
  if (!isKubeObject(object) || object.metadata.name !== name) return undefined;
  if (type === ResourceType.persistentvolumeclaim && !isBound(object)) return undefined;
  // Objects inside {Object, Err} come without them (wire.md §6); readers of the row need them.
  return type === ResourceType.node ? { apiVersion: 'v1', kind: 'Node', ...object } : object;
}

/**
 * No cloud pushes claims, and a row is answered before the cloud is asked again (2020): an unbound one in it would
 * never become bound.
 */
function isBound(claim: KubeObject): boolean {
  return (claim['status'] as { phase?: unknown } | undefined)?.phase === 'Bound';
}

function isToken(value: unknown): value is KubeObject {
  const status = (value as { status?: { token?: unknown } } | null)?.status;
  return typeof status?.token === 'string' && status.token !== '';
}
