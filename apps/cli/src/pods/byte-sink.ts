import { once } from 'node:events';
import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { TextSink } from '../io.js';

/** The stream behind a sink, byte for byte; a sink of text alone gets the bytes as UTF-8. */
export function byteSink(sink: TextSink): Writable {
  if (sink instanceof Writable) return sink;
  const decoder = new StringDecoder('utf8');
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      sink.write(decoder.write(chunk));
      done();
    },
  });
}

/** Writes at the reader's pace. False when nobody reads any more. */
export async function writeTo(stream: Writable, bytes: Uint8Array): Promise<boolean> {
  if (!stream.writable) return false;
  if (!stream.write(bytes)) {
    const end = new AbortController();
    const options = { signal: end.signal };
    await Promise.race([once(stream, 'drain', options), once(stream, 'close', options)]).catch(
      () => undefined,
    );
    end.abort();
  }
  return stream.writable;
}

/** Resolves when all that was written has left, or nobody reads it. */
export function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (!stream.writable) return resolve();
    stream.write('', () => resolve());
  });
}
