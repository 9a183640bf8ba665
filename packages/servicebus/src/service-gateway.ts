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
    // Of the message only this is kept: it may wait, and its content is as large as the request again.
    const { id } = request;
    const answering = this.#content(id, this.#read(request)).then((content) => answerMessage(id, content));
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

  #read(message: Message): ServiceRequest | CallError {
    try {
      return readServiceRequest(message, this.#options);
    } catch (error) {
      return callError(error);
    }
  }

  async #content(id: string, request: ServiceRequest | CallError): Promise<ServiceAnswer> {
    const began = performance.now();
    let answer: ServiceAnswer;
    let failure: CallError | undefined;
    try {
      if (request instanceof CallError) throw request;
      answer = serviceAnswer(await this.#calls.call(request));
    } catch (error) {
      failure = callError(error);
      answer = failureAnswer(failure);
    }
    const { status_code: status } = answer;
    const answered_by = failure === undefined ? 'service' : 'node';
    this.#metrics.count('edgecore_servicebus_calls_total', {
      answered_by,
      status: `${Math.floor(status / 100)}xx`,
    });
    this.#metrics.observe('edgecore_servicebus_call_seconds', (performance.now() - began) / 1000);
    this.#log.debug(
      {
        id,
        ...(request instanceof CallError ? {} : said(request)),
        status,
        ...(failure && { failure: failure.message }),
      },
      'a service was called',
    );
    return answer;
  }
}

/** For the log: queries, headers and bodies may hold secrets. */
function said({ method, port, path, body }: ServiceRequest) {
  return { method, port, path: path.split('?', 1)[0], requestBytes: body.length };
}

/** Anything else was not foreseen, so a bug; the caller hears of it all the same. */
function callError(error: unknown): CallError {
  if (error instanceof CallError) return error;
  return new CallError(500, `error to call service: ${errorText(error)}`, { cause: error });
}
