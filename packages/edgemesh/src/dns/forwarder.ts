import { randomInt } from 'node:crypto';
import type { AnswerCache } from './answer-cache.js';
import { Rcode } from './constants.js';
import { exchangeTcp, exchangeUdp } from './exchange.js';
import type { Query } from './query.js';
import { upstreamQuery, withoutOpt } from './relay.js';
import { readResponse } from './response.js';
import type { Upstream, Upstreams } from './upstreams.js';

export interface ForwarderOptions {
  readonly upstreams: Upstreams;
  readonly cache: AnswerCache;
  /** One try. Default 2000 ms. */
  readonly tryTimeoutMs?: number;
  /** All tries together. Default 5000 ms. */
  readonly deadlineMs?: number;
  /** Questions under way at once; more are not asked. Default 512. */
  readonly maxInFlight?: number;
}

/** Asks other servers for names that are not ours: one after the other, over UDP, then TCP for long answers. */
export class Forwarder {
  readonly #options: Required<ForwarderOptions>;
  #inFlight = 0;

  constructor(options: ForwarderOptions) {
    this.#options = { tryTimeoutMs: 2000, deadlineMs: 5000, maxInFlight: 512, ...options };
  }

  /** An answer without EDNS record, from memory if possible; `undefined` when nobody gave one. */
  async ask(query: Query): Promise<Buffer | undefined> {
    const { cache, maxInFlight } = this.#options;
    const kept = cache.get(query);
    if (kept || this.#inFlight >= maxInFlight) return kept;
    this.#inFlight += 1;
    try {
      return await this.#ask(query);
    } finally {
      this.#inFlight -= 1;
    }
  }

  async #ask(query: Query): Promise<Buffer | undefined> {
    const { upstreams, tryTimeoutMs, deadlineMs, cache } = this.#options;
    const end = performance.now() + deadlineMs;
    const servers = await upstreams.list();
    let refusal: Buffer | undefined;
    // Twice round: a datagram may have been lost, and a slow server may have found out meanwhile.
    for (const upstream of [...servers, ...servers]) {
      const timeoutMs = Math.min(tryTimeoutMs, end - performance.now());
      if (timeoutMs <= 0) break;
      const packet = await exchange(query, upstream, timeoutMs);
      const response = packet && readResponse(packet, query.questionEnd);
      if (!packet || !response) continue;
      const answer = withoutOpt(packet, response);
      const { rcode } = response;
      if (rcode === Rcode.noError || rcode === Rcode.nxDomain) {
        cache.put(query, answer, response);
        return answer;
      }
      refusal = answer;
    }
    return refusal;
  }
}

async function exchange(query: Query, upstream: Upstream, timeoutMs: number): Promise<Buffer | undefined> {
  const packet = upstreamQuery(query, randomInt(0x10000));
  const options = { upstream, query: packet, questionEnd: query.questionEnd, timeoutMs };
  const answer = await exchangeUdp(options);
  const isCut = answer !== undefined && (answer[2]! & 0x02) !== 0;
  return isCut ? ((await exchangeTcp(options)) ?? answer) : answer;
}
