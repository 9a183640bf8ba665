import { type Logger, type Metrics, Operation } from '@edgecore/api';
import { ErrorResponseError, NoSuchModuleError, RequestTimeoutError } from '../errors.js';
import { type Message, responseTo, withFields } from '../message/message.js';
import type { RequestOptions, SendOptions } from '../module.js';
import { Inbox, type InboxOptions } from './inbox.js';
import { freezeContent } from './shared-content.js';
import { Waiters } from './waiters.js';

/** One step of a message's way, for tracing (beehive.md §7 R11). */
export interface TraceEvent {
  readonly step: 'sent' | 'handled' | 'dropped' | 'deadLetter';
  /** The module whose inbox it is about. */
  readonly module: string;
  readonly message: Message;
}

export interface PostOfficeOptions {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly trace: ((event: TraceEvent) => void) | undefined;
}

const DEFAULT_REQUEST_TIMEOUT_MS = 30_000;

/** Inboxes by module and group, and the way messages take between them. */
export class PostOffice {
  readonly #inboxes = new Map<string, Inbox>();
  readonly #groups = new Map<string, string[]>();
  readonly #waiters = new Waiters();

  constructor(private readonly options: PostOfficeOptions) {}

  get waiting(): number {
    return this.#waiters.size;
  }

  open(name: string, group: string, options: InboxOptions): Inbox {
    const { log, metrics, trace } = this.options;
    const inbox = new Inbox(options, {
      dropped: (message) => {
        metrics.count('edgecore_messages_dropped_total', { module: name, operation: message.operation });
        log.warn({ module: name, id: message.id, resource: message.resource }, 'inbox full, message dropped');
        trace?.({ step: 'dropped', module: name, message });
      },
      highWater: (depth) =>
        log.warn({ module: name, depth, capacity: inbox.capacity }, 'inbox is nearly full'),
      handled: (message, waitMs, handlingMs) => {
        metrics.count('edgecore_messages_handled_total', { module: name, operation: message.operation });
        metrics.observe('edgecore_message_queue_seconds', waitMs / 1000, { module: name });
        metrics.observe('edgecore_message_handling_seconds', handlingMs / 1000, { module: name });
        trace?.({ step: 'handled', module: name, message });
      },
      deadLetter: (message) => {
        metrics.count('edgecore_messages_dead_total', { module: name });
        log.error(
          { module: name, id: message.id, operation: message.operation, resource: message.resource },
          'message set aside: its module crashed twice while handling it',
        );
        trace?.({ step: 'deadLetter', module: name, message });
      },
      drained: () => this.close(name),
    });
    this.#inboxes.set(name, inbox);
    const members = this.#groups.get(group) ?? [];
    this.#groups.set(group, [...members.filter((member) => member !== name), name]);
    return inbox;
  }

  /** Closes an inbox: senders get {@link NoSuchModuleError} from now on, those waiting for room too. */
  close(name: string): void {
    const inbox = this.#inboxes.get(name);
    inbox?.close();
    inbox?.refuseWaiting(new NoSuchModuleError(name));
    this.#inboxes.delete(name);
    for (const [group, members] of this.#groups) {
      const rest = members.filter((member) => member !== name);
      if (rest.length === 0) this.#groups.delete(group);
      else this.#groups.set(group, rest);
    }
  }

  async send(target: string, message: Message, options: SendOptions = {}): Promise<void> {
    const put = this.#put(target, message);
    if (!put) return;
    await this.#room(target, message, put, options);
  }

  async sendToGroup(group: string, message: Message, options: SendOptions = {}): Promise<void> {
    const members = this.#groups.get(group);
    if (!members) throw this.#unknown(group);
    const shareable = freezeContent(message.content);
    // Every member is given the message in this turn, so that order per sender holds for each.
    const waits: Promise<void>[] = [];
    for (const member of members) {
      const own = shareable ? message : withFields(message, { content: structuredClone(message.content) });
      const put = this.#put(member, own);
      if (put) waits.push(this.#room(member, message, put, options));
    }
    await Promise.all(waits);
  }

  async request(target: string, message: Message, options: RequestOptions = {}): Promise<Message> {
    const timeoutMs = options.timeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS;
    const { signal } = options;
    signal?.throwIfAborted();
    const waiter = this.#waiters.open(message.id);
    let phase: 'send' | 'reply' = 'send';
    let cancelPut: (() => void) | undefined;
    const abort = () => waiter.fail(signal!.reason);
    const timer = setTimeout(() => {
      this.options.metrics.count('edgecore_request_timeouts_total', {
        module: target,
        operation: message.operation,
      });
      waiter.fail(new RequestTimeoutError(phase, target, message, timeoutMs));
    }, timeoutMs);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const put = this.#put(target, withFields(message, { sync: true }));
      if (put) {
        cancelPut = put.cancel;
        await Promise.race([put.accepted, waiter.answer]);
      }
      cancelPut = undefined;
      phase = 'reply';
      const response = await waiter.answer;
      if (response.operation === Operation.error) throw new ErrorResponseError(response);
      return response;
    } finally {
      cancelPut?.();
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      waiter.close();
    }
  }

  respond(request: Message, content: unknown): boolean {
    return this.deliver(responseTo(request, content));
  }

  deliver(response: Message): boolean {
    const delivered = this.#waiters.deliver(response);
    if (!delivered) {
      this.options.metrics.count('edgecore_responses_unclaimed_total');
      this.options.log.debug(
        { id: response.id, parentId: response.parentId, resource: response.resource },
        'nobody waits for this answer',
      );
    }
    return delivered;
  }

  #put(target: string, message: Message): ReturnType<Inbox['put']> {
    const inbox = this.#inboxes.get(target);
    if (!inbox) throw this.#unknown(target);
    this.options.metrics.count('edgecore_messages_sent_total', {
      module: target,
      operation: message.operation,
    });
    this.options.trace?.({ step: 'sent', module: target, message });
    return inbox.put(message);
  }

  #unknown(target: string): NoSuchModuleError {
    this.options.metrics.count('edgecore_messages_unroutable_total', { target });
    return new NoSuchModuleError(target);
  }

  async #room(
    target: string,
    message: Message,
    put: { accepted: Promise<void>; cancel(): void },
    { timeoutMs, signal }: SendOptions,
  ): Promise<void> {
    if (timeoutMs === undefined && !signal) return put.accepted;
    let timer: NodeJS.Timeout | undefined;
    let abort: (() => void) | undefined;
    const givenUp = new Promise<never>((_, reject) => {
      if (timeoutMs !== undefined) {
        timer = setTimeout(
          () => reject(new RequestTimeoutError('send', target, message, timeoutMs)),
          timeoutMs,
        );
      }
      abort = () => reject(signal!.reason);
      if (signal?.aborted) abort();
      else signal?.addEventListener('abort', abort, { once: true });
    });
    try {
      await Promise.race([put.accepted, givenUp]);
    } catch (error) {
      put.cancel();
      throw error;
    } finally {
      clearTimeout(timer);
      if (abort) signal?.removeEventListener('abort', abort);
    }
  }
}
