import { EDNS_UDP_BYTES, HEADER_BYTES, PLAIN_UDP_BYTES, Rcode, RecordType } from './constants.js';
import { type Labels, readPlainName, skipName } from './name.js';

/** A query that makes sense. */
export interface Query {
  readonly packet: Buffer;
  readonly labels: Labels;
  readonly type: number;
  /** First byte after the question. */
  readonly questionEnd: number;
  /** The client's EDNS record: largest UDP answer it takes, and whether its version is one we know. */
  readonly edns:
    | { readonly udpBytes: number; readonly known: boolean; readonly wantsDnssec: boolean }
    | undefined;
}

/** What came: a query, something to refuse with a code, or something to leave unanswered. */
export type Received =
  | { readonly kind: 'query'; readonly query: Query }
  | { readonly kind: 'refuse'; readonly rcode: number }
  | { readonly kind: 'drop' };

const DROP: Received = { kind: 'drop' };
const FORMERR: Received = { kind: 'refuse', rcode: Rcode.formErr };
const NOTIMP: Received = { kind: 'refuse', rcode: Rcode.notImp };

/** Takes a packet apart. The counts are looked at before anything that grows with them (edgemesh.md §6). */
export function readQuery(packet: Buffer): Received {
  if (packet.length < HEADER_BYTES) return DROP;
  const flags = packet.readUInt16BE(2);
  // An answer: answering it could go round for ever.
  if ((flags & 0x8000) !== 0) return DROP;
  if (((flags >> 11) & 0xf) !== 0) return NOTIMP;
  const additional = packet.readUInt16BE(10);
  if (packet.readUInt16BE(4) !== 1 || packet.readUInt32BE(6) !== 0 || additional > 2) return FORMERR;
  const name = readPlainName(packet, HEADER_BYTES);
  if (!name || name.end + 4 > packet.length) return FORMERR;
  const questionEnd = name.end + 4;
  const edns = readEdns(packet, questionEnd, additional);
  if (edns === 'broken') return FORMERR;
  const type = packet.readUInt16BE(name.end);
  return { kind: 'query', query: { packet, labels: name.labels, type, questionEnd, edns } };
}

function readEdns(packet: Buffer, start: number, count: number): Query['edns'] | 'broken' {
  let edns: Query['edns'];
  let at = start;
  for (let index = 0; index < count; index++) {
    const afterName = skipName(packet, at);
    if (afterName === undefined || afterName + 10 > packet.length) return 'broken';
    const end = afterName + 10 + packet.readUInt16BE(afterName + 8);
    if (end > packet.length) return 'broken';
    if (packet.readUInt16BE(afterName) === RecordType.OPT) {
      if (edns || afterName !== at + 1) return 'broken';
      edns = {
        udpBytes: Math.max(PLAIN_UDP_BYTES, packet.readUInt16BE(afterName + 2)),
        known: packet[afterName + 5] === 0,
        wantsDnssec: (packet[afterName + 6]! & 0x80) !== 0,
      };
    }
    at = end;
  }
  return edns;
}

/** Largest answer the client takes over UDP. */
export function udpLimit({ edns }: Query): number {
  return edns ? Math.min(edns.udpBytes, EDNS_UDP_BYTES) : PLAIN_UDP_BYTES;
}
