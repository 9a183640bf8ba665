import { type Logger, type Metrics, noMetrics, silentLogger } from '@edgecore/api';
import { ModuleError } from '../errors.js';
import type { Message } from '../message/message.js';
import type { Module, ModuleContext, RestartPolicy } from '../module.js';
import { Owners } from '../supervision/owners.js';
import { startOrder } from '../supervision/start-order.js';
import { type ModuleReport, SupervisedModule } from '../supervision/supervised-module.js';
import type { Inbox, InboxOptions } from './inbox.js';
import { PostOffice, type TraceEvent } from './post-office.js';

export interface BusOptions {
  /** Default: silent. */
  readonly log?: Logger;
  /** Default: none. */
  readonly metrics?: Metrics;
  /** Called for each step of each message; keep it cheap. */
  readonly trace?: (event: TraceEvent) => void;
  /** Jitter of restarts; for tests. Default `Math.random`. */
  readonly random?: () => number;
}

/** How a stop went. */
export interface StopReport {
  /** Every module ended by itself and nothing was left in its inbox. */
  readonly clean: boolean;
  /** Modules that had not ended at the deadline. */
  readonly hanging: readonly string[];
  /** Messages nobody handled, by module. */
  readonly unhandled: Readonly<Record<string, readonly Message[]>>;
}

/** A place on the bus without a task of its own: for tests, tools and embedders. */
export interface Participant extends ModuleContext {
  close(): void;
}

const DEFAULT_POLICY: RestartPolicy = { when: 'onFailure' };
const DEFAULT_GRACE_MS = 10_000;

/**
 * The in-process message bus: modules, their inboxes and their life.
 *
 * All inboxes exist before the first module starts, so no message can be lost
 * to a module that is about to start (beehive.md §2).
 */
export class Bus {
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #random: (() => number) | undefined;
  readonly #office: PostOffice;
  readonly #owners = new Owners<SupervisedModule>();
  readonly #registered: { module: Module; policy: RestartPolicy }[] = [];
  readonly #inboxes = new Map<string, Inbox>();
  #running: SupervisedModule[] = [];
  #started = false;
  #stopping: Promise<StopReport> | undefined;
  #fail!: (error: ModuleError) => void;

  /** Rejects when a module fails for good; the owner then stops the bus and exits non-zero. Never resolves. */
  readonly failed: Promise<never>;

  constructor(options: BusOptions = {}) {
    this.#log = options.log ?? silentLogger;
    this.#metrics = options.metrics ?? noMetrics;
    this.#random = options.random;
    this.#office = new PostOffice({ log: this.#log, metrics: this.#metrics, trace: options.trace });
    this.failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {});
  }

  /** Registers a module; it starts with {@link start}. Default policy: restart after crashes, 1 s doubling to 30 s. */
  add(module: Module, policy: RestartPolicy = DEFAULT_POLICY): this {
    if (this.#started) throw new ModuleError(module.name, 'added after the bus was started');
    this.#registered.push({ module, policy });
    return this;
  }

  /**
   * Creates all inboxes, then starts the modules in the order their `after`
   * asks for.
   * @throws {ModuleError} for duplicate names, cycles and a second start.
   */
  start(): void {
    if (this.#started) throw new ModuleError('bus', 'started twice');
    const policies = new Map(this.#registered.map(({ module, policy }) => [module.name, policy]));
    const order = startOrder(this.#registered.map(({ module }) => module));
    this.#started = true;
    for (const module of order) this.#open(module.name, module.group, module.inbox ?? {});
    this.#running = order.map((module) => {
      const inbox = this.#inboxes.get(module.name)!;
      const log = this.#log.child({ module: module.name });
      const supervised: SupervisedModule = new SupervisedModule({
        module,
        inbox,
        policy: policies.get(module.name)!,
        log,
        owners: this.#owners,
        ...(this.#random ? { random: this.#random } : {}),
        makeContext: (signal) =>
          this.#context(module.name, inbox, log, signal, () => {
            supervised.lastMessageAt = Date.now();
          }),
        onEnded: (ended) => this.#office.close(ended.name),
        onFatal: (failed, error) =>
          this.#fail(new ModuleError(failed.name, 'cannot go on', { cause: error })),
      });
      return supervised;
    });
    for (const supervised of this.#running) supervised.start();
  }

  /**
   * Closes the doors to the outside (`quiesce`), then ends the modules in
   * reverse order: each gets its abort signal, drains its inbox and has until
   * the common deadline (default 10 s).
   */
  stop({ graceMs = DEFAULT_GRACE_MS }: { graceMs?: number } = {}): Promise<StopReport> {
    this.#stopping ??= this.#stopAll(graceMs);
    return this.#stopping;
  }

  /** Opens a place on the bus without a module: send, receive and request from outside. */
  join(name: string, group = name, options: InboxOptions = {}): Participant {
    const inbox = this.#open(name, group, options);
    const end = new AbortController();
    const context = this.#context(name, inbox, this.#log.child({ module: name }), end.signal, () => {});
    return {
      ...context,
      close: () => {
        this.#office.close(name);
        this.#inboxes.delete(name);
        end.abort();
      },
    };
  }

  /** State of every module, in start order. */
  report(): ModuleReport[] {
    return this.#running.map((supervised) => supervised.report());
  }

  /** Requests waiting for an answer right now. */
  get waiting(): number {
    return this.#office.waiting;
  }

  /**
   * Gives an uncaught error or rejection to the module it belongs to, which
   * then counts as crashed (beehive.md §7 R8). False when it belongs to none:
   * the caller decides. For `process.on('uncaughtException' | 'unhandledRejection')`.
   *
   * Before Node 24 knowing whose it is slows down the whole process, so that
   * begins with the first such error: its module is unknown, and all modules
   * count as crashed. From the second on it is exact.
   */
  claimError(error: unknown): boolean {
    const owner = this.#owners.current();
    if (owner) {
      owner.crash(error);
      return true;
    }
    if (this.#owners.following || this.#stopping) return false;
    this.#owners.follow();
    this.#log.error({ err: error }, 'an error nobody handled, of an unknown module: all modules start again');
    for (const supervised of this.#running) {
      supervised.crash(new ModuleError(supervised.name, 'maybe at fault', { cause: error }));
    }
    return this.#running.length > 0;
  }

  #open(name: string, group: string, options: InboxOptions): Inbox {
    if (this.#inboxes.has(name)) throw new ModuleError(name, 'the name is taken on this bus');
    const inbox = this.#office.open(name, group, options);
    this.#inboxes.set(name, inbox);
    return inbox;
  }

  #context(
    name: string,
    inbox: Inbox,
    log: Logger,
    signal: AbortSignal,
    onMessage: () => void,
  ): ModuleContext {
    const office = this.#office;
    // A crashed run must not go on reading; a stopping one drains first.
    const hardStop = new AbortController();
    signal.addEventListener('abort', () => {
      if (!inbox.closed) hardStop.abort();
    });
    return {
      name,
      signal,
      log,
      metrics: this.#metrics,
      async *receive() {
        for await (const message of inbox.read(hardStop.signal)) {
          onMessage();
          yield message;
        }
      },
      send: (target, message, options) => office.send(target, message, options),
      sendToGroup: (group, message, options) => office.sendToGroup(group, message, options),
      request: (target, message, options) => office.request(target, message, options),
      respond: (request, content) => office.respond(request, content),
      deliver: (response) => office.deliver(response),
    };
  }

  async #stopAll(graceMs: number): Promise<StopReport> {
    const deadline = performance.now() + graceMs;
    const hanging: string[] = [];
    const unhandled: Record<string, Message[]> = {};
    for (const supervised of this.#running) supervised.quiesce();
    for (const supervised of [...this.#running].reverse()) {
      const ended = await within(supervised.stop(), Math.max(deadline - performance.now(), 0));
      const left = this.#inboxes.get(supervised.name)!.unhandled();
      this.#office.close(supervised.name);
      if (!ended) hanging.push(supervised.name);
      if (left.length > 0) unhandled[supervised.name] = left;
      if (!ended || left.length > 0) {
        this.#log.error(
          { module: supervised.name, unhandled: left.map((message) => message.id) },
          ended ? 'module ended without handling its whole inbox' : 'module did not end in time',
        );
      }
    }
    return { clean: hanging.length === 0 && Object.keys(unhandled).length === 0, hanging, unhandled };
  }
}

/** Makes a {@link Bus}. */
export function createBus(options: BusOptions = {}): Bus {
  return new Bus(options);
}

async function within(promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true as const), late]);
  } finally {
    clearTimeout(timer);
  }
}
