import type { Writable } from 'node:stream';
import type { OutputChunk } from './demultiplex.js';

/** Copies output to its two receivers, as slowly as they take it. A missing receiver drops its part. */
export async function writeOutput(
  output: AsyncIterable<OutputChunk>,
  receivers: { readonly stdout?: Writable; readonly stderr?: Writable },
): Promise<void> {
  for await (const { stream, data } of output) {
    const receiver = receivers[stream];
    if (receiver && data.length > 0) await write(receiver, data);
  }
}

function write(receiver: Writable, data: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    receiver.write(data, (error) => (error ? reject(error) : resolve()));
  });
}
