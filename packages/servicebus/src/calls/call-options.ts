import { InvalidOptionError } from '../errors.js';
import { type Resolver, systemResolver } from './address.js';
import type { PolicyOptions } from './target-policy.js';

/** How the cloud may call services of this node. */
export interface ServiceOptions extends PolicyOptions {
  /** Calls at once. Default 64. */
  readonly maxConcurrent?: number;
  /** Requests that may wait for their turn; one more is answered 429. Default 256. */
  readonly maxQueued?: number;
  /** Bodies of the requests that wait, together. Default 32 MiB. */
  readonly maxQueuedBytes?: number;
  /** Longest wait for the turn; then 503. Default 10 000. */
  readonly queueTimeoutMs?: number;
  /** One call with body and repeats; then 504. Default 10 000. */
  readonly callTimeoutMs?: number;
  /** How often a call of an idempotent method is repeated after a broken or refused connection. Default 1. */
  readonly retries?: number;
  /** Pause before it. Default 100. */
  readonly retryDelayMs?: number;
  /** Largest request body; above it 413. Default 12 MiB, as CloudCore's router. */
  readonly maxRequestBytes?: number;
  /** Largest body of an answer; above it 500. Default 5 000 000. */
  readonly maxResponseBytes?: number;
  /** Headers of a request, headers of an answer, a path: each at most this. Default 16 384. */
  readonly maxHeaderBytes?: number;
  /** Looks names of {@link targets} up. Default: the system's resolver. */
  readonly resolve?: Resolver;
}

export interface ResolvedServiceOptions
  extends PolicyOptions,
    Required<Omit<ServiceOptions, keyof PolicyOptions>> {}

/** Fills in the defaults. @throws {InvalidOptionError} naming the option. */
export function resolveServiceOptions(options: ServiceOptions): ResolvedServiceOptions {
  const { targets, allowPorts, denyPorts } = options;
  return {
    targets,
    allowPorts,
    denyPorts,
    maxConcurrent: positive('maxConcurrent', options.maxConcurrent, 64),
    maxQueued: notNegative('maxQueued', options.maxQueued, 256),
    maxQueuedBytes: positive('maxQueuedBytes', options.maxQueuedBytes, 32 * 1024 * 1024),
    queueTimeoutMs: positive('queueTimeoutMs', options.queueTimeoutMs, 10_000),
    callTimeoutMs: positive('callTimeoutMs', options.callTimeoutMs, 10_000),
    retries: notNegative('retries', options.retries, 1),
    retryDelayMs: notNegative('retryDelayMs', options.retryDelayMs, 100),
    maxRequestBytes: positive('maxRequestBytes', options.maxRequestBytes, 12 * 1024 * 1024),
    maxResponseBytes: positive('maxResponseBytes', options.maxResponseBytes, 5_000_000),
    maxHeaderBytes: positive('maxHeaderBytes', options.maxHeaderBytes, 16_384),
    resolve: options.resolve ?? systemResolver,
  };
}

export function positive(name: string, value: number | undefined, fallback: number): number {
  const chosen = value ?? fallback;
  if (chosen > 0 && Number.isFinite(chosen)) return chosen;
  throw new InvalidOptionError(name, `${chosen} is not above 0`);
}

function notNegative(name: string, value: number | undefined, fallback: number): number {
  const chosen = value ?? fallback;
  if (chosen >= 0 && Number.isFinite(chosen)) return chosen;
  throw new InvalidOptionError(name, `${chosen} is below 0`);
}
