import type { IncomingMessage } from 'node:http';
import { CliError } from './errors.js';

/**
 * The whole body of an answer.
 * @param whose For the error: `the node's`.
 * @throws {CliError} when it is longer than `limitBytes`; the connection is closed then.
 */
export async function readBody(
  response: IncomingMessage,
  { limitBytes, whose }: { readonly limitBytes: number; readonly whose: string },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    if (size > limitBytes) throw new CliError(`${whose} answer is too long`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
