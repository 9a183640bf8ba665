import { HEADER_BYTES, Rcode, RecordType } from './constants.js';
import { skipName } from './name.js';

export interface ResponseRecord {
  readonly section: 'answer' | 'authority' | 'additional';
  readonly type: number;
  /** First byte of its owner. */
  readonly start: number;
  /** Where its TTL is written. */
  readonly ttlAt: number;
  readonly ttl: number;
  readonly dataAt: number;
  readonly dataEnd: number;
}

/** An answer of an upstream server, as far as the mesh looks into it. */
export interface Response {
  readonly rcode: number;
  readonly truncated: boolean;
  readonly records: readonly ResponseRecord[];
}

/** More than any answer of a server to a pod needs; what has more is not looked into. */
const MAX_RECORDS = 512;

/** Reads an answer whose question ends at `questionEnd`; `undefined` when it is malformed. */
export function readResponse(packet: Buffer, questionEnd: number): Response | undefined {
  const flags = packet.readUInt16BE(2);
  const counts = [6, 8, 10].map((at) => packet.readUInt16BE(at));
  if (counts[0]! + counts[1]! + counts[2]! > MAX_RECORDS) return undefined;
  const records: ResponseRecord[] = [];
  let at = questionEnd;
  for (const [index, section] of (['answer', 'authority', 'additional'] as const).entries()) {
    for (let left = counts[index]!; left > 0; left--) {
      const fixed = skipName(packet, at);
      if (fixed === undefined || fixed + 10 > packet.length) return undefined;
      const dataAt = fixed + 10;
      const dataEnd = dataAt + packet.readUInt16BE(fixed + 8);
      if (dataEnd > packet.length) return undefined;
      const type = packet.readUInt16BE(fixed);
      records.push({
        section,
        type,
        start: at,
        ttlAt: fixed + 4,
        ttl: packet.readUInt32BE(fixed + 4),
        dataAt,
        dataEnd,
      });
      at = dataEnd;
    }
  }
  return { rcode: flags & 0xf, truncated: (flags & 0x0200) !== 0, records };
}

/** Is this the answer to what was asked: same id, same question? */
export function answers(packet: Buffer, id: number, query: Buffer, questionEnd: number): boolean {
  if (packet.length < questionEnd || packet.readUInt16BE(0) !== id) return false;
  if ((packet[2]! & 0x80) === 0 || packet.readUInt16BE(4) !== 1) return false;
  // Some servers change the letters' case.
  const question = (from: Buffer) => from.toString('latin1', HEADER_BYTES, questionEnd).toLowerCase();
  return question(packet) === question(query);
}

/** How long an answer may be kept, seconds; 0 for not at all. */
export function lifetime({ rcode, truncated, records }: Response, packet: Buffer): number {
  if (truncated) return 0;
  const ofAnswers = records.filter(({ section }) => section === 'answer').map(({ ttl }) => ttl);
  if (rcode === Rcode.noError && ofAnswers.length > 0) return Math.min(...ofAnswers);
  if (rcode !== Rcode.noError && rcode !== Rcode.nxDomain) return 0;
  // Nothing there: the zone says how long that holds (RFC 2308).
  const soa = records.find(({ section, type }) => section === 'authority' && type === RecordType.SOA);
  if (!soa || soa.dataEnd - soa.dataAt < 20) return 0;
  return Math.min(soa.ttl, packet.readUInt32BE(soa.dataEnd - 4));
}
