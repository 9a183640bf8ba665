import { constants, inflateSync } from 'node:zlib';
import { SPDY_DICTIONARY } from '../../src/server/spdy/dictionary.js';
import { FrameParser } from '../../src/server/spdy/frame-parser.js';

const DATA = 3;
const REMOVE = 4;

/** One connection as its node said it: bytes however they were cut, and the end. */
interface Said {
  bytes: Buffer;
  removes: number;
  /** Frames after the first remove: there must be none. */
  afterRemove: number;
}

/** Everything a node says in a tunnel, by connection. Decodes frames on its own: the tests of the codec are elsewhere. */
export class Conversations {
  readonly #said = new Map<number, Said>();

  take(frame: Buffer): void {
    const [id, typeAt] = number(frame, 0);
    const [type, dataAt] = number(frame, typeAt);
    const said = this.#said.get(id) ?? { bytes: Buffer.alloc(0), removes: 0, afterRemove: 0 };
    this.#said.set(id, said);
    if (said.removes > 0) said.afterRemove += 1;
    if (type === DATA) said.bytes = Buffer.concat([said.bytes, frame.subarray(dataAt)]);
    else if (type === REMOVE) said.removes += 1;
    else throw new Error(`a node never sends type ${type}`);
  }

  ids(): IterableIterator<number> {
    return this.#said.keys();
  }

  removes(id: number): number {
    return this.#said.get(id)?.removes ?? 0;
  }

  text(id: number): string {
    return this.#said.get(id)?.bytes.toString('utf8') ?? '';
  }

  /** Grows with each line, or each SPDY frame; the end is more than any of them. */
  progress(id: number): number {
    const said = this.#said.get(id);
    if (!said) return 0;
    if (said.removes > 0) return Number.POSITIVE_INFINITY;
    const { head, rest } = split(said.bytes);
    return head === '' ? said.bytes.toString('latin1').split('\n').length : 1 + frames(rest).length;
  }

  /**
   * The parts of a connection whose order is certain: plain answers are one;
   * of SPDY each stream is one, as order between streams is nobody's promise
   * (edgestream.md §11), and head, answers' header blocks, goodbye and end are another.
   */
  parts(id: number): Readonly<Record<string, readonly string[]>> {
    const said = this.#said.get(id)!;
    const { head, rest } = split(said.bytes);
    const end = ['remove'.repeat(said.removes), `${said.afterRemove} after it`];
    if (head === '') return { answer: [said.bytes.toString('utf8'), ...end] };
    const parts: Record<string, string[]> = { connection: [head] };
    const blocks: Buffer[] = [];
    const all = frames(rest);
    for (const frame of all) {
      if (frame.kind === 'goaway') parts['connection']!.push(`goaway ${frame.lastStreamId} ${frame.status}`);
      if (!('streamId' in frame)) continue;
      const name = `stream ${frame.streamId}`;
      const stream = parts[name] ?? [];
      parts[name] = stream;
      if (frame.kind === 'synReply') {
        blocks.push(frame.block);
        stream.push('reply');
      } else if (frame.kind === 'data') {
        if (frame.data.length > 0) stream.push(frame.data.toString('utf8'));
        if (frame.fin) stream.push('fin');
      } else stream.push(frame.kind === 'rst' ? `reset ${frame.status}` : frame.kind);
    }
    const dictionary = { dictionary: SPDY_DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH };
    parts['connection']!.push(inflateSync(Buffer.concat(blocks), dictionary).toString('hex'));
    parts['connection']!.push(...end, statusIsLast(all) ? 'status after all output' : 'OUTPUT AFTER STATUS');
    return parts;
  }
}

function frames(bytes: Buffer) {
  return [...new FrameParser().push(bytes)];
}

/** The error stream is 1 in every recording; only resets and the goodbye follow it. */
function statusIsLast(all: ReturnType<typeof frames>): boolean {
  const status = all.findIndex((frame) => frame.kind === 'data' && frame.streamId === 1);
  return status < 0 || all.slice(status).every((frame) => frame.kind !== 'data' || frame.streamId === 1);
}

function split(bytes: Buffer): { head: string; rest: Buffer } {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0 || !bytes.toString('latin1', 0, 5).startsWith('HTTP/')) return { head: '', rest: bytes };
  return { head: bytes.toString('latin1', 0, end + 4), rest: bytes.subarray(end + 4) };
}

/** An unsigned LEB128 number and where it ends. */
function number(bytes: Buffer, start: number): [value: number, end: number] {
  let value = 0;
  for (let at = start; ; at++) {
    value += (bytes[at]! & 0x7f) * 2 ** (7 * (at - start));
    if (bytes[at]! < 0x80) return [value, at + 1];
  }
}
