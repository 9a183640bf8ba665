import { errorText, type Logger, type Metrics, noMetrics, silentLogger } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import { answerMessage, failureAnswer, type ServiceAnswer, serviceAnswer } from './calls/answer-message.js';
import {
  type ResolvedServiceOptions,
  resolveServiceOptions,
  type ServiceOptions,
} from './calls/call-options.js';
import { ServiceCalls } from './calls/service-calls.js';
import { readServiceRequest, type ServiceRequest } from './calls/service-request.js';
import { CallError } from './errors.js';

export interface GatewayOptions extends ServiceOptions {
  /** Default: silent. Methods, ports, paths without query, statuses and sizes; never bodies or header values. */
  readonly log?: Logger;
  /** Default: none. */
  readonly metrics?: Metrics;
}

/**
 * Request messages in, answer messages out: the cloud → edge half by itself,
 * for any way messages travel.
 *
 * @example
 * const gateway = new ServiceGateway({ allowPorts: [8080] });
 * await link.send(await gateway.answer(request));
 */
export class ServiceGateway {
  readonly #options: ResolvedServiceOptions;
  readonly #calls: ServiceCalls;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #inHand = new Set<Promise<unknown>>();

  /** @throws {InvalidOptionError} */
  constructor(options: GatewayOptions = {}) {
    this.#options = resolveServiceOptions(options);
    this.#log = options.log ?? silentLogger;
    this.#metrics = options.metrics ?? noMetrics;
    this.#calls = new ServiceCalls(this.#options, this.#metrics);
  }

  /** The one answer to a request; whatever goes wrong, there is one. Never rejects. */
  answer(request: Message): Promise<Message<ServiceAnswer>> {
    const answering = this.#content(request).then((content) => answerMessage(request, content));
    this.#inHand.add(answering);
    return answering.finally(() => this.#inHand.delete(answering));
  }

  /** Refuses new requests, gives those under way `graceMs` (default 0) and ends them then with a 503. */
  async close({ graceMs = 0 }: { graceMs?: number } = {}): Promise<void> {
    this.#calls.close();
    const timer = setTimeout(() => this.#calls.abort(), graceMs);
    await Promise.all(this.#inHand);
    clearTimeout(timer);
    this.#calls.abort();
  }

  async #content(message: Message): Promise<ServiceAnswer> {
    const began = performance.now();
    let request: ServiceRequest | undefined;
    let answer: ServiceAnswer;
    let failure: string | undefined;
    try {
      request = readServiceRequest(message, this.#options);
      answer = serviceAnswer(await this.#calls.call(request));
    } catch (error) {
      failure = errorText(error);
      answer = failureAnswer(error instanceof CallError ? error : unexpected(error));
    }
    const { status_code: status } = answer;
    const outcome = failure === undefined ? 'service' : 'node';
    this.#metrics.count('edgecore_servicebus_calls_total', {
      answered_by: outcome,
      status: `${(status / 100) | 0}xx`,
    });
    this.#metrics.observe('edgecore_servicebus_call_seconds', (performance.now() - began) / 1000);
    this.#log.debug(
      {
        id: message.id,
        method: request?.method ?? message.operation.slice(0, 20),
        port: request?.port,
        path: request?.path.split('?', 1)[0],
        requestBytes: request?.body.length,
        status,
        ...(failure === undefined ? {} : { failure }),
      },
      'service called',
    );
    return answer;
  }
}

/** Not foreseen, so a bug; the caller hears of it all the same. */
function unexpected(error: unknown): CallError {
  return new CallError(500, `error to call service: ${errorText(error)}`, { cause: error });
}
