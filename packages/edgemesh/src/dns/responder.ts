import { OWN_TTL_SECONDS, PLAIN_UDP_BYTES, Rcode, RecordType } from './constants.js';
import type { Forwarder } from './forwarder.js';
import { encodeName, type Labels } from './name.js';
import { type Query, readQuery } from './query.js';
import { relayed } from './relay.js';
import { buildRefusal, buildReply, type ReplyParts, type Rr } from './reply.js';
import { readResponse } from './response.js';
import type { Zone } from './zone.js';

/** BADVERS: an EDNS version nobody has defined yet. */
const BAD_VERSION = 16;
/** Aliases of aliases followed; more is a circle. */
const MAX_ALIASES = 4;

export type Outcome = 'own' | 'forwarded' | 'failed' | 'refused' | 'dropped';

export interface Answered {
  readonly outcome: Outcome;
  /** `undefined`: say nothing. */
  readonly packet?: Buffer;
}

/** From a packet to the packet that answers it. Names of ours are answered at once, others when they are known. */
export class Responder {
  constructor(
    private readonly zone: Zone,
    private readonly forwarder: Forwarder,
  ) {}

  /** `limitOf`: how long the reply may be. */
  answer(packet: Buffer, limitOf: (query: Query) => number): Answered | Promise<Answered> {
    const received = readQuery(packet);
    if (received.kind === 'drop') return { outcome: 'dropped' };
    if (received.kind === 'refuse') {
      return { outcome: 'refused', packet: buildRefusal(packet, received.rcode) };
    }
    const { query } = received;
    const limit = limitOf(query);
    if (query.edns?.known === false) {
      return { outcome: 'refused', packet: buildReply(query, { rcode: BAD_VERSION }, limit) };
    }
    const resolution = this.zone.resolve(query.labels, query.type);
    switch (resolution.kind) {
      case 'reply':
        return own(query, resolution.parts, limit);
      case 'forward':
        return this.#forward(query, limit);
      case 'alias':
        return this.#alias(query, resolution.target, limit);
    }
  }

  async #forward(query: Query, limit: number): Promise<Answered> {
    const answer = await this.forwarder.ask(query);
    if (answer) return { outcome: 'forwarded', packet: relayed(query, answer, limit) };
    return { outcome: 'failed', packet: buildReply(query, { rcode: Rcode.servFail }, limit) };
  }

  /** The alias and what it leads to: stub resolvers do not ask again. */
  async #alias(query: Query, target: Labels, limit: number): Promise<Answered> {
    const answers: Rr[] = [];
    let owner: Buffer | undefined;
    let next: Labels = target;
    for (let hops = 0; hops < MAX_ALIASES; hops++) {
      let name: Buffer;
      try {
        name = encodeName(next);
      } catch {
        return own(query, { rcode: Rcode.servFail }, limit);
      }
      answers.push({ ...(owner && { owner }), type: RecordType.CNAME, ttl: OWN_TTL_SECONDS, data: name });
      owner = name;
      if (query.type === RecordType.CNAME) break;
      const resolution = this.zone.resolve(next, query.type);
      if (resolution.kind === 'alias') {
        next = resolution.target;
        continue;
      }
      if (resolution.kind === 'forward') answers.push(...(await this.#addresses(query, next, name)));
      else answers.push(...(resolution.parts.answers ?? []).map((rr) => ({ ...rr, owner: name })));
      break;
    }
    return own(query, { authoritative: true, answers }, limit);
  }

  /** The addresses another server has for a name. */
  async #addresses(query: Query, labels: Labels, owner: Buffer): Promise<Rr[]> {
    if (query.type !== RecordType.A && query.type !== RecordType.AAAA) return [];
    const asked = asQuery(query, owner, labels);
    const answer = await this.forwarder.ask(asked);
    const response = answer && readResponse(answer, asked.questionEnd);
    if (!answer || !response) return [];
    return response.records
      .filter(({ section, type }) => section === 'answer' && type === query.type)
      .map(({ type, ttl, dataAt, dataEnd }) => ({
        owner,
        type,
        ttl,
        data: answer.subarray(dataAt, dataEnd),
      }));
  }
}

function own(query: Query, parts: ReplyParts, limit: number): Answered {
  const outcome = parts.rcode === Rcode.servFail ? 'failed' : 'own';
  return { outcome, packet: buildReply(query, parts, Math.max(limit, PLAIN_UDP_BYTES)) };
}

/** The same question about another name. */
function asQuery({ packet, type, questionEnd }: Query, name: Buffer, labels: Labels): Query {
  const header = Buffer.from(packet.subarray(0, 12));
  const question = Buffer.concat([name, packet.subarray(questionEnd - 4, questionEnd)]);
  const rebuilt = Buffer.concat([header, question]);
  return { packet: rebuilt, labels, type, questionEnd: rebuilt.length, edns: undefined };
}
