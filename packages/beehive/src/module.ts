import type { Logger, Metrics } from '@edgecore/api';
import type { InboxOptions } from './bus/inbox.js';
import type { Message } from './message/message.js';

/**
 * A module: a named task with an inbox. The constructor stores options; work
 * begins in `run` and ends when `ctx.signal` aborts.
 */
export interface Module {
  /** Unique on the bus and, for some modules, visible to the cloud (beehive.md §1). */
  readonly name: string;
  /** The one group the module belongs to. */
  readonly group: string;
  /**
   * Settles when the module has ended. Returning before `ctx.signal` aborts
   * means "done, by itself"; throwing is a crash: the module is restarted by
   * its {@link RestartPolicy}. The inbox survives restarts.
   */
  run(ctx: ModuleContext): Promise<void>;
  /**
   * Called once when the bus begins to stop, before any module ends: take
   * nothing new in from outside the process. What is in hand, and answers to
   * requests, still go their way. Must not wait.
   */
  quiesce?(): void;
  /** Optional health of a running module; called often, must be cheap. */
  health?(): ModuleHealth;
  /** Modules whose start must come first; they stop after this one. Absent ones are ignored. */
  readonly after?: readonly string[];
  /** Size and overflow rule of the inbox. Default: 1024 messages, senders wait. */
  readonly inbox?: InboxOptions;
}

/** What a running module says of itself. `degraded` needs a reason a person understands. */
export type ModuleHealth =
  | { readonly state: 'ready' }
  | { readonly state: 'starting' | 'degraded'; readonly reason: string };

export interface SendOptions {
  /** Give up waiting for room after this long; 0 does not wait at all. Default: wait without limit. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface RequestOptions {
  /** Deadline for sending and answering together. Default 30 000 ms. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What a module sees of the bus. */
export interface ModuleContext {
  /** The module's own name. */
  readonly name: string;
  /** Aborts when the module must end. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly metrics: Metrics;

  /**
   * The inbox, in order. Ends after `signal` aborts and the inbox is drained.
   * A message counts as handled when the next one is asked for.
   */
  receive(): AsyncIterable<Message>;

  /**
   * Puts a message into a module's inbox; waits while it is full.
   * @throws {NoSuchModuleError} @throws {RequestTimeoutError} with phase `send`, @throws the abort reason.
   */
  send(module: string, message: Message, options?: SendOptions): Promise<void>;

  /**
   * Puts a message into the inbox of every member of a group. A slow member
   * delays only itself: the promise waits for room at all of them. The content
   * is frozen, so that no member can change what the others see; each gets a
   * copy of a content with bytes in it.
   * @throws {NoSuchModuleError} when the group has no member.
   */
  sendToGroup(group: string, message: Message, options?: SendOptions): Promise<void>;

  /**
   * Sends a message with `sync` set and resolves with the message whose
   * `parentId` is its id. The waiter is registered before sending.
   * @throws {RequestTimeoutError} @throws {NoSuchModuleError} @throws {ErrorResponseError} when the answer's operation is `error`.
   */
  request(module: string, message: Message, options?: RequestOptions): Promise<Message>;

  /** Answers a request: builds the response and hands it to the waiter. False when nobody waits any more. */
  respond(request: Message, content: unknown): boolean;

  /** Hands a ready-made answer (any operation) to the waiter for its `parentId`. False when nobody waits. */
  deliver(response: Message): boolean;
}

/** When and how often a module that ended is started again (beehive.md §6). */
export interface RestartPolicy {
  /**
   * `onFailure`: only after a throw. `always`: after every end; with its
   * retries used up, an end counts as a failure. `never`: a throw stops the process.
   */
  readonly when: 'never' | 'onFailure' | 'always';
  /** Most restarts; default unlimited. */
  readonly retries?: number;
  /** First wait, default 1000 ms. */
  readonly intervalMs?: number;
  /** The wait grows by this factor after each restart; default 2. */
  readonly growth?: number;
  /** Longest wait, default 30 000 ms. */
  readonly maxIntervalMs?: number;
  /** Waits vary by this share either way; default 0.1. */
  readonly jitter?: number;
  /** A run this long starts the waits (and the count of `retries`) anew; default 300 000 ms. */
  readonly healthyAfterMs?: number;
  /** Errors no restart can cure: the bus stops with this error. Default: none. */
  readonly isFatal?: (error: unknown) => boolean;
}
