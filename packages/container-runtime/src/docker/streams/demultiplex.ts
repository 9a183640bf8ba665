/** A piece of a container's output. */
export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

const HEADER_BYTES = 8;
const STDERR = 2;
/** The engine frames at most what it read at once; anything larger is not its framing. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/**
 * Splits the engine's multiplexed output: frames of one type byte, three
 * zeros, a 32-bit length, then the data. Yields whole frames: in a log, one
 * frame is one record.
 */
export async function* demultiplex(source: AsyncIterable<Buffer>): AsyncGenerator<OutputChunk> {
  const buffered = new ByteQueue();
  let header: Buffer | undefined;
  for await (const chunk of source) {
    buffered.push(chunk);
    for (;;) {
      header ??= buffered.take(HEADER_BYTES);
      if (!header) break;
      const size = header.readUInt32BE(4);
      if (header[0]! > STDERR || size > MAX_FRAME_BYTES)
        throw new Error('the engine sent output that is not framed');
      const data = buffered.take(size);
      if (!data) break;
      yield { stream: header[0] === STDERR ? 'stderr' : 'stdout', data };
      header = undefined;
    }
  }
}

/** Output of a terminal comes as it is. */
export async function* plainOutput(source: AsyncIterable<Buffer>): AsyncGenerator<OutputChunk> {
  for await (const data of source) yield { stream: 'stdout', data };
}

/** Bytes in, exact pieces out, without copying everything again for each chunk. */
class ByteQueue {
  #chunks: Buffer[] = [];
  #length = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next `size` bytes, or `undefined` (and nothing taken) when there are fewer. */
  take(size: number): Buffer | undefined {
    if (this.#length < size) return undefined;
    const first = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#chunks = [first.subarray(size)];
    this.#length -= size;
    return first.subarray(0, size);
  }
}
