import { EDNS_UDP_BYTES, HEADER_BYTES, Rcode, RecordType } from './constants.js';
import type { Query } from './query.js';

/** A record to be written. */
export interface Rr {
  /** Owner, encoded; default: the name asked for. */
  readonly owner?: Buffer;
  readonly type: number;
  /** Seconds. */
  readonly ttl: number;
  readonly data: Buffer;
}

export interface ReplyParts {
  readonly rcode?: number;
  readonly authoritative?: boolean;
  readonly answers?: readonly Rr[];
  readonly authority?: readonly Rr[];
}

/** Pointer to the name of the question, right behind the header. */
const QUESTION_NAME = Buffer.of(0xc0, HEADER_BYTES);
const CLASS_IN = 1;

/** A reply with the client's question in its own letters; cut, with the TC bit, when it is longer than `limit` bytes. */
export function buildReply(query: Query, parts: ReplyParts, limit: number): Buffer {
  const { rcode = Rcode.noError, authoritative = false, answers = [], authority = [] } = parts;
  const { packet, questionEnd, edns } = query;
  const header = Buffer.from(packet.subarray(0, HEADER_BYTES));
  // QR, AA, the client's RD; RA, since other names are looked up, too.
  header.writeUInt16BE(
    0x8080 | (authoritative ? 0x0400 : 0) | (packet.readUInt16BE(2) & 0x0100) | (rcode & 0xf),
    2,
  );
  header.writeUInt16BE(answers.length, 6);
  header.writeUInt16BE(authority.length, 8);
  header.writeUInt16BE(edns ? 1 : 0, 10);
  const question = packet.subarray(HEADER_BYTES, questionEnd);
  const opt = edns ? [optRecord(rcode >> 4)] : [];
  const whole = Buffer.concat([
    header,
    question,
    ...answers.flatMap(encodeRr),
    ...authority.flatMap(encodeRr),
    ...opt,
  ]);
  if (whole.length <= limit) return whole;
  header.writeUInt16BE(header.readUInt16BE(2) | 0x0200, 2);
  header.writeUInt32BE(0, 6);
  return Buffer.concat([header, question, ...opt]);
}

/** A header and a code: for packets that cannot be read further. */
export function buildRefusal(packet: Buffer, rcode: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  packet.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8000 | (packet.readUInt16BE(2) & 0x7900) | rcode, 2);
  return header;
}

function encodeRr({ owner = QUESTION_NAME, type, ttl, data }: Rr): Buffer[] {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(CLASS_IN, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(data.length, 8);
  return [owner, fixed, data];
}

function optRecord(extendedRcode: number): Buffer {
  const opt = Buffer.alloc(11);
  opt.writeUInt16BE(RecordType.OPT, 1);
  opt.writeUInt16BE(EDNS_UDP_BYTES, 3);
  opt[5] = extendedRcode;
  return opt;
}
