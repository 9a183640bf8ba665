import type { CloudProfile, Logger } from '@edgecore/api';
import { errorText, hasCode, NotConnectedError, profileCurrent } from '@edgecore/api';
import type { Message, ModuleContext } from '@edgecore/beehive';
import { ackOf, createMessage, errorTo, responseTo, withFields } from '@edgecore/beehive';
import type { ResolvedOptions } from './options.js';

/** Upstream's texts for a cloud that is not there (metamanager.md §5). */
export const OFFLINE_REMOTE = 'failed to process remote: not connected';
export const OFFLINE_REPORT = 'connection lost between EdgeCore and CloudCore';

/** Everything MetaManager sends: up to the cloud, back to who asked, on to other modules. */
export class Post {
  readonly #missing = new Set<string>();

  constructor(
    private readonly ctx: ModuleContext,
    private readonly options: ResolvedOptions,
  ) {}

  get log(): Logger {
    return this.ctx.log;
  }

  /** Can the cloud be asked? Not before it is known which cloud it is (compat.md §1). */
  get connected(): boolean {
    const { link } = this.options;
    return link.connected && link.profile !== undefined;
  }

  /** The profile in force; before the first decision today's, for what stays on the edge. */
  get profile(): CloudProfile {
    return this.options.link.profile ?? profileCurrent;
  }

  /** Sends without expecting an answer. What the hub does not take is logged: the cloud or edged asks again. */
  async tellCloud(message: Message): Promise<void> {
    try {
      await this.ctx.sendToGroup(this.options.hubGroup, message, { signal: this.ctx.signal });
    } catch (error) {
      if (this.ctx.signal.aborted) return;
      this.log.warn(
        { id: message.id, resource: message.resource, error: errorText(error) },
        'message was not sent to the cloud',
      );
    }
  }

  /** Acknowledges a message of the cloud. Call only after the commit. */
  ack(message: Message): Promise<void> {
    return this.tellCloud(ackOf(message));
  }

  /**
   * Asks the cloud with a fresh id and one deadline.
   * @throws {NotConnectedError} `RequestTimeoutError` `ErrorResponseError`
   */
  async askCloud(
    request: Pick<Message, 'source' | 'group' | 'operation' | 'resource' | 'content'>,
    timeoutMs: number,
  ): Promise<Message> {
    if (!this.connected) throw new NotConnectedError(OFFLINE_REMOTE);
    const { source, group, operation, resource, content } = request;
    const fresh = createMessage<unknown>({ source, group, operation, resource, content });
    try {
      return await this.ctx.request(this.options.hub, fresh, { timeoutMs, signal: this.ctx.signal });
    } catch (error) {
      if (hasCode(error, 'ERR_NO_SUCH_MODULE')) throw new NotConnectedError(OFFLINE_REMOTE);
      throw error;
    }
  }

  /** What to tell who asked when the cloud did not answer. */
  failureText(error: unknown): string {
    if (!this.connected || hasCode(error, 'ERR_NOT_CONNECTED')) return OFFLINE_REMOTE;
    return `failed to process remote: ${errorText(error)}`;
  }

  /** Answers out of the database or with a result of our own. */
  answer(request: Message, content: unknown): Promise<void> {
    const source = this.profile.metaManagerName;
    return this.#return(request, responseTo(request, content, { source }));
  }

  /** Hands the cloud's answer to who asked: the same message, its parent the id they know. */
  passOn(request: Message, answer: Message): Promise<void> {
    return this.#return(request, withFields(answer, { parentId: request.id }));
  }

  /** An error answer to a module of the edge; its parent is always the original id. */
  refuse(request: Message, text: string): Promise<void> {
    return this.#return(request, this.#error(request, text));
  }

  /** An error to the cloud: no acknowledgement, it sends the message again. */
  complain(message: Message, text: string): Promise<void> {
    return this.tellCloud(this.#error(message, text));
  }

  /** Hands a message to a module. One that is not running is no error: it is said once. */
  async forward(module: string, message: Message): Promise<void> {
    try {
      await this.ctx.send(module, message, { signal: this.ctx.signal });
    } catch (error) {
      if (this.ctx.signal.aborted) return;
      if (!hasCode(error, 'ERR_NO_SUCH_MODULE')) throw error;
      if (this.#missing.has(module)) return;
      this.#missing.add(module);
      this.log.info(
        { module, resource: message.resource },
        'nobody to hand this to: the module is not running',
      );
    }
  }

  #error(request: Message, text: string): Message {
    return errorTo(request, text, { source: this.profile.metaManagerName, group: request.group });
  }

  async #return(request: Message, response: Message): Promise<void> {
    if (request.sync) this.ctx.deliver(response);
    else await this.forward(request.source, response);
  }
}
