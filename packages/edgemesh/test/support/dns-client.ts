import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { encodeName, skipName } from '../../src/dns/name.js';

const CODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const TYPES = { A: 1, CNAME: 5, SOA: 6, PTR: 12, AAAA: 28, SRV: 33 } as const;

export interface Answer {
  readonly packet: Buffer;
  readonly rcode: string;
  readonly flags: { qr: boolean; aa: boolean; tc: boolean; rd: boolean; ra: boolean };
  readonly counts: readonly number[];
  readonly addresses: readonly string[];
  /** Types of the answer's records, in order. */
  readonly types: readonly number[];
  readonly ttls: readonly number[];
}

export interface AskOptions {
  readonly type?: keyof typeof TYPES;
  readonly id?: number;
  /** With an EDNS record of this size. */
  readonly edns?: number;
  readonly tcp?: boolean;
}

export function question(name: string, { type = 'A', id = 1234, edns }: AskOptions = {}): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(0x0100, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(edns === undefined ? 0 : 1, 10);
  const opt = Buffer.alloc(edns === undefined ? 0 : 11);
  if (edns !== undefined) {
    opt.writeUInt16BE(41, 1);
    opt.writeUInt16BE(edns, 3);
  }
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([header, encodeName(labels), Buffer.of(0, TYPES[type], 0, 1), opt]);
}

export async function ask(port: number, name: string, options: AskOptions = {}): Promise<Answer> {
  const query = question(name, options);
  return readAnswer(await (options.tcp ? overTcp(port, query) : overUdp(port, query)));
}

export async function overUdp(port: number, query: Buffer, address = '127.0.0.1'): Promise<Buffer> {
  const socket = createSocket('udp4');
  try {
    socket.send(query, port, address);
    const [packet] = (await once(socket, 'message', { signal: AbortSignal.timeout(10_000) })) as [Buffer];
    return packet;
  } finally {
    socket.close();
  }
}

async function overTcp(port: number, query: Buffer): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(query.length);
  socket.write(Buffer.concat([length, query]));
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer]);
    if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) break;
  }
  socket.destroy();
  return received.subarray(2);
}

export function readAnswer(packet: Buffer): Answer {
  const flags = packet.readUInt16BE(2);
  const counts = [4, 6, 8, 10].map((at) => packet.readUInt16BE(at));
  let at = 12;
  for (let left = counts[0]!; left > 0; left--) at = skipName(packet, at)! + 4;
  const records: { type: number; ttl: number; data: Buffer }[] = [];
  for (let left = counts[1]!; left > 0; left--) {
    const fixed = skipName(packet, at)!;
    const end = fixed + 10 + packet.readUInt16BE(fixed + 8);
    records.push({
      type: packet.readUInt16BE(fixed),
      ttl: packet.readUInt32BE(fixed + 4),
      data: packet.subarray(fixed + 10, end),
    });
    at = end;
  }
  return {
    packet,
    rcode: CODES[flags & 0xf] ?? String(flags & 0xf),
    flags: {
      qr: (flags & 0x8000) !== 0,
      aa: (flags & 0x0400) !== 0,
      tc: (flags & 0x0200) !== 0,
      rd: (flags & 0x0100) !== 0,
      ra: (flags & 0x0080) !== 0,
    },
    counts,
    addresses: records.filter(({ type }) => type === TYPES.A).map(({ data }) => [...data].join('.')),
    types: records.map(({ type }) => type),
    ttls: records.map(({ ttl }) => ttl),
  };
}
