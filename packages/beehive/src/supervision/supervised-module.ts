import { EdgeCoreError, errorText, type Logger } from '@edgecore/api';
import type { Inbox } from '../bus/inbox.js';
import type { Module, ModuleContext, RestartPolicy } from '../module.js';
import type { Owners } from './owners.js';
import { RestartSchedule } from './restart-schedule.js';

/** Where a module stands, for `/healthz` and `edgecore status` (beehive.md §7 R9). */
export interface ModuleReport {
  readonly name: string;
  readonly state: 'starting' | 'ready' | 'degraded' | 'restarting' | 'failed' | 'stopped';
  /** Why it is not ready. */
  readonly reason?: string;
  readonly restarts: number;
  /** Milliseconds since the epoch; while restarting. */
  readonly nextStartAt?: number;
  readonly queued: number;
  /** Milliseconds since the epoch; 0 before the first message. */
  readonly lastMessageAt: number;
}

export interface SupervisedModuleOptions {
  readonly module: Module;
  readonly inbox: Inbox;
  readonly policy: RestartPolicy;
  readonly log: Logger;
  readonly owners: Owners<SupervisedModule>;
  readonly random?: () => number;
  /** The context of one run; its signal ends that run. */
  makeContext(signal: AbortSignal): ModuleContext;
  /** It has ended by itself and will not be started again. */
  onEnded(module: Module): void;
  /** Restarts are used up, or an error is fatal. */
  onFatal(module: Module, error: unknown): void;
}

/** How a run ended that was not told to. */
type Outcome = { readonly kind: 'returned' } | { readonly kind: 'crashed'; readonly error: unknown };

/** Runs one module, again after crashes, until told to stop. */
export class SupervisedModule {
  readonly name: string;
  lastMessageAt = 0;
  readonly #options: SupervisedModuleOptions;
  readonly #schedule: RestartSchedule;
  readonly #stop = new AbortController();
  #run: AbortController | undefined;
  #crash: ((error: unknown) => void) | undefined;
  #state: ModuleReport['state'] = 'stopped';
  #reason: string | undefined;
  #nextStartAt: number | undefined;
  #ended: Promise<void> | undefined;

  constructor(options: SupervisedModuleOptions) {
    this.#options = options;
    this.name = options.module.name;
    this.#schedule = new RestartSchedule(options.policy, options.random);
  }

  start(): void {
    this.#ended = this.#loop();
  }

  /** The bus begins to stop; see {@link Module.quiesce}. */
  quiesce(): void {
    try {
      this.#options.module.quiesce?.();
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the module goes on taking work in while the bus stops');
    }
  }

  /** Asks the module to end and resolves when it has; the caller brings the deadline. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#options.inbox.close();
    this.#run?.abort();
    await this.#ended;
  }

  /** An error nobody caught turned out to belong to this module: its run is ended as crashed. */
  crash(error: unknown): void {
    this.#crash?.(error);
  }

  report(): ModuleReport {
    const own = this.#state === 'starting' || this.#state === 'ready' ? this.#ownHealth() : undefined;
    const state = own?.state ?? this.#state;
    const reason = own && 'reason' in own ? own.reason : this.#reason;
    return {
      name: this.name,
      state,
      ...(reason === undefined || state === 'ready' ? {} : { reason }),
      restarts: this.#schedule.restarts,
      ...(this.#nextStartAt === undefined ? {} : { nextStartAt: this.#nextStartAt }),
      queued: this.#options.inbox.depth,
      lastMessageAt: this.lastMessageAt,
    };
  }

  #ownHealth() {
    try {
      return this.#options.module.health?.() ?? { state: 'ready' as const };
    } catch (error) {
      return { state: 'degraded' as const, reason: errorText(error) };
    }
  }

  async #loop(): Promise<void> {
    const { inbox, policy } = this.#options;
    for (;;) {
      const startedAt = performance.now();
      const outcome = await this.#once();
      if (outcome === 'stopped') return;
      if (performance.now() - startedAt >= (policy.healthyAfterMs ?? 300_000)) this.#schedule.reset();
      if (outcome.kind === 'crashed') inbox.recover();
      else inbox.settle();
      const fatal = outcome.kind === 'crashed' && (policy.isFatal?.(outcome.error) ?? false);
      const waitMs = fatal ? undefined : this.#schedule.next(outcome.kind);
      if (waitMs === undefined) {
        this.#end(outcome);
        return;
      }
      this.#state = 'restarting';
      this.#nextStartAt = Date.now() + waitMs;
      if (outcome.kind === 'crashed') this.#tellCrash(outcome.error, waitMs);
      await this.#sleep(waitMs);
      if (this.#stop.signal.aborted) {
        this.#state = 'stopped';
        return;
      }
    }
  }

  /** There is no further run: the module is done, or it has failed for good. */
  #end(outcome: Outcome): void {
    const { module, policy, onEnded, onFatal } = this.#options;
    if (outcome.kind === 'returned' && policy.when !== 'always') {
      this.#state = 'stopped';
      onEnded(module);
      return;
    }
    // What is to run always and keeps ending has failed, too.
    const error =
      outcome.kind === 'crashed'
        ? outcome.error
        : new Error(`it ended by itself, and its ${policy.retries} restarts are used up`);
    this.#state = 'failed';
    this.#reason = errorText(error);
    onFatal(module, error);
  }

  async #once(): Promise<'stopped' | Outcome> {
    const run = new AbortController();
    this.#run = run;
    this.#state = 'ready';
    this.#nextStartAt = undefined;
    if (this.#stop.signal.aborted) run.abort();
    const crashed = new Promise<{ kind: 'crashed'; error: unknown }>((resolve) => {
      this.#crash = (error) => resolve({ kind: 'crashed', error });
    });
    const context = this.#options.makeContext(run.signal);
    const ran = this.#options.owners
      .run(this, async () => this.#options.module.run(context))
      .then(
        () => ({ kind: 'returned' }) as const,
        (error: unknown) => ({ kind: 'crashed', error }) as const,
      );
    const outcome = await Promise.race([ran, crashed]);
    this.#crash = undefined;
    run.abort();
    if (!this.#stop.signal.aborted) return outcome;
    this.#options.inbox.settle();
    this.#state = 'stopped';
    if (outcome.kind === 'crashed') {
      this.#options.log.warn({ err: outcome.error }, 'module failed while stopping');
    }
    return 'stopped';
  }

  /** A stack only for what nobody foresaw, and only once: the same may happen again for hours. */
  #tellCrash(error: unknown, restartInMs: number): void {
    const { log } = this.#options;
    const before = this.#reason;
    this.#reason = errorText(error);
    if (error instanceof EdgeCoreError || before === this.#reason) {
      const level = before === this.#reason ? 'warn' : 'error';
      log[level]({ restartInMs }, `module ended, it will be started again: ${this.#reason}`);
    } else {
      log.error({ err: error, restartInMs }, 'module crashed, it will be restarted');
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(end, ms);
      const signal = this.#stop.signal;
      function end() {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      }
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
    });
  }
}
