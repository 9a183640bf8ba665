import { EDNS_UDP_BYTES, HEADER_BYTES, RecordType } from './constants.js';
import type { Query } from './query.js';
import { buildReply } from './reply.js';
import type { Response } from './response.js';

/** Recursion desired and checking disabled: what a client may ask of the server behind. */
const PASSED_FLAGS = 0x0110;

/**
 * The client's question as the mesh asks it upstream: an id of its own, and
 * EDNS of its own, since cookies and sizes are between two neighbours.
 */
export function upstreamQuery({ packet, questionEnd, edns }: Query, id: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(packet.readUInt16BE(2) & PASSED_FLAGS, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(1, 10);
  return Buffer.concat([header, packet.subarray(HEADER_BYTES, questionEnd), opt(edns?.wantsDnssec ?? false)]);
}

/** An upstream answer without its EDNS record, which was meant for the mesh. */
export function withoutOpt(packet: Buffer, { records }: Response): Buffer {
  const last = records.at(-1);
  // One in the middle stays: cutting it out would move what others point at.
  if (last?.type !== RecordType.OPT) return Buffer.from(packet);
  const cut = Buffer.from(packet.subarray(0, last.start));
  cut.writeUInt16BE(cut.readUInt16BE(10) - 1, 10);
  return cut;
}

/** The answer as this client gets it: its id, its letters, its EDNS, cut to what it takes. */
export function relayed(query: Query, answer: Buffer, limit: number): Buffer {
  const { packet, questionEnd, edns } = query;
  const reply = edns ? Buffer.concat([answer, opt(edns.wantsDnssec)]) : Buffer.from(answer);
  if (reply.length > limit) return truncated(query, answer);
  packet.copy(reply, 0, 0, 2);
  packet.copy(reply, HEADER_BYTES, HEADER_BYTES, questionEnd);
  if (edns) reply.writeUInt16BE(reply.readUInt16BE(10) + 1, 10);
  return reply;
}

function truncated(query: Query, answer: Buffer): Buffer {
  const reply = buildReply(query, { rcode: answer[3]! & 0xf }, Number.POSITIVE_INFINITY);
  reply[2] = reply[2]! | 0x02;
  return reply;
}

function opt(wantsDnssec: boolean): Buffer {
  const record = Buffer.alloc(11);
  record.writeUInt16BE(RecordType.OPT, 1);
  record.writeUInt16BE(EDNS_UDP_BYTES, 3);
  if (wantsDnssec) record[7] = 0x80;
  return record;
}
