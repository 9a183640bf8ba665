import { constants, createInflate, type Inflate } from 'node:zlib';
import { SPDY_DICTIONARY } from './dictionary.js';
import { SpdyProtocolError } from './frame-parser.js';

/** Decompressed size a peer may ask this side to hold. */
const MAX_BLOCK_BYTES = 16 * 1024;
const ZLIB_HEAD = Buffer.from([0x78, 0xf9, 0xe3, 0xc6, 0xa7, 0xc2]);
/** An empty stored block, as a flush ends. Without it Go's reader, so kubectl's, looks for the next block and fails. */
const FLUSH = Buffer.from([0x00, 0x00, 0x00, 0xff, 0xff]);

/** Names are lower case; several values of one name are joined by NUL. */
export type Headers = ReadonlyMap<string, string>;

/**
 * Reads the header blocks of one direction: a single zlib stream for the whole
 * connection, so every block must pass through here, one after the other.
 */
export class HeaderReader {
  readonly #inflate: Inflate = createInflate({ dictionary: SPDY_DICTIONARY });
  #output: Buffer[] = [];
  #bytes = 0;
  #fail: ((error: Error) => void) | undefined;

  constructor() {
    this.#inflate.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.length;
      if (this.#bytes <= MAX_BLOCK_BYTES) this.#output.push(chunk);
      else this.#fail?.(new SpdyProtocolError(`a header block exceeds ${MAX_BLOCK_BYTES} bytes`));
    });
    this.#inflate.on('error', (cause) =>
      this.#fail?.(new SpdyProtocolError('a header block cannot be decompressed', { cause })),
    );
  }

  /** Call it again only after the answer. @throws {SpdyProtocolError} */
  async read(block: Buffer): Promise<Headers> {
    this.#output = [];
    this.#bytes = 0;
    await new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      this.#inflate.write(block);
      // The end of the flush says that all output of the block has come.
      this.#inflate.flush(constants.Z_SYNC_FLUSH, resolve);
    });
    return parseHeaders(Buffer.concat(this.#output));
  }

  close(): void {
    this.#fail = undefined;
    this.#inflate.destroy();
  }
}

/**
 * Writes the header blocks of one direction without compressing: stored
 * blocks, which every zlib reads. This side only ever answers with empty
 * header lists; a compressor would hold a quarter of a megabyte for them.
 */
export class HeaderWriter {
  #first = true;

  write(headers: Headers): Buffer {
    const plain = formatHeaders(headers);
    const head = Buffer.allocUnsafe(5);
    head[0] = 0;
    head.writeUInt16LE(plain.length, 1);
    head.writeUInt16LE(~plain.length & 0xffff, 3);
    const block = [head, plain, FLUSH];
    if (this.#first) block.unshift(ZLIB_HEAD);
    this.#first = false;
    return Buffer.concat(block);
  }
}

export function formatHeaders(headers: Headers): Buffer {
  const parts = [word(headers.size)];
  for (const pair of headers) {
    for (const text of pair) {
      const bytes = Buffer.from(text, 'latin1');
      parts.push(word(bytes.length), bytes);
    }
  }
  return Buffer.concat(parts);
}

/** @throws {SpdyProtocolError} when the lengths do not add up. */
export function parseHeaders(plain: Buffer): Headers {
  const headers = new Map<string, string>();
  let at = 0;
  const size = (): number => {
    if (at + 4 > plain.length) throw new SpdyProtocolError('a header block ends too early');
    at += 4;
    return plain.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = size();
    if (at + length > plain.length) throw new SpdyProtocolError('a header block ends too early');
    at += length;
    return plain.toString('latin1', at - length, at);
  };
  for (let count = size(); count > 0; count--) headers.set(text().toLowerCase(), text());
  return headers;
}

function word(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
