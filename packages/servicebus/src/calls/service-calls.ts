import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Metrics } from '@edgecore/api';
import { CallError } from '../errors.js';
import { resolveAddress } from './address.js';
import { CallLimiter } from './call-limiter.js';
import type { ResolvedServiceOptions } from './call-options.js';
import { callService, type ServiceResponse } from './http-call.js';
import type { ServiceRequest } from './service-request.js';
import { TargetPolicy } from './target-policy.js';

/** Doing them twice is doing them once (RFC 9110 §9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);
/** Shorter than servers keep an idle connection, so that it is rarely theirs to close. */
const IDLE_MS = 4000;

/** Calls local services: allowed ones only, so many at once, each within its time, idempotent ones a second time. */
export class ServiceCalls {
  readonly #policy: TargetPolicy;
  readonly #limiter: CallLimiter;
  readonly #agent: Agent;
  /** Ends of the calls that run. */
  readonly #running = new Set<AbortController>();

  /** @throws {InvalidOptionError} */
  constructor(
    private readonly options: ResolvedServiceOptions,
    private readonly metrics: Metrics,
  ) {
    this.#policy = new TargetPolicy(options);
    this.#limiter = new CallLimiter({ ...options, metrics });
    const { maxConcurrent } = options;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: maxConcurrent,
      maxFreeSockets: maxConcurrent,
      timeout: IDLE_MS,
    });
  }

  /** @throws {CallError} whenever there is no answer of the service. */
  async call(request: ServiceRequest): Promise<ServiceResponse> {
    const target = this.#policy.choose(request);
    return this.#limiter.run(request.body.length, () =>
      this.#within(async (signal) => {
        const found = resolveAddress(target.host, this.options.resolve);
        const address = found instanceof Promise ? await race(found, signal) : found;
        return this.#attempts(request.method, signal, (agent) =>
          callService(request, { ...this.options, target, address, signal, agent }),
        );
      }),
    );
  }

  /** Refuses what waits and comes; what runs may go on until {@link abort}. */
  close(): void {
    this.#limiter.close(stopping());
  }

  /** Ends what still runs and closes all connections. */
  abort(): void {
    this.close();
    for (const end of this.#running) end.abort(stopping());
    this.#agent.destroy();
  }

  async #attempts(
    method: string,
    signal: AbortSignal,
    attempt: (agent: Agent | undefined) => Promise<ServiceResponse>,
  ): Promise<ServiceResponse> {
    const { retries, retryDelayMs } = this.options;
    const idempotent = IDEMPOTENT.has(method);
    for (let n = 0; ; n += 1) {
      try {
        // A kept connection can be closed under a request: only for what will then be repeated, and the repeat on a new one.
        return await attempt(idempotent && n < retries && n === 0 ? this.#agent : undefined);
      } catch (error) {
        const again = idempotent && n < retries && error instanceof CallError && error.repeatable;
        if (!again || signal.aborted) throw error;
        this.metrics.count('edgecore_servicebus_retries_total');
        await pause(retryDelayMs, undefined, { signal }).catch(() => {
          throw signal.reason;
        });
      }
    }
  }

  /** One deadline for everything, body and repeats included. */
  async #within<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { callTimeoutMs } = this.options;
    const end = new AbortController();
    const text = `error to call service: no complete answer within ${callTimeoutMs} ms`;
    const timer = setTimeout(() => end.abort(new CallError(504, text)), callTimeoutMs);
    this.#running.add(end);
    try {
      return await work(end.signal);
    } finally {
      clearTimeout(timer);
      this.#running.delete(end);
    }
  }
}

/** For what cannot be cancelled itself. */
function race<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function stopping(): CallError {
  return new CallError(503, 'the node is stopping; try again when it is back');
}
