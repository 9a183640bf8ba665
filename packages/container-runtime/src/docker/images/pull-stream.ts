import { lines } from '../streams/lines.js';

interface PullMessage {
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
  readonly status?: string;
}

/**
 * Reads the engine's answer to a pull to its end: only then is the image
 * there, and a failure is just another line. Calls `onProgress` when something
 * moved; an engine that keeps retrying a dead registry moves nothing.
 *
 * @returns the text of the failure, if it failed.
 */
export async function readPull(
  body: AsyncIterable<Buffer>,
  onProgress: () => void,
): Promise<string | undefined> {
  let failure: string | undefined;
  for await (const line of lines(body)) {
    const message = JSON.parse(line) as PullMessage;
    failure ??= message.errorDetail?.message ?? message.error;
    if (!/^Retrying in /.test(message.status ?? '')) onProgress();
  }
  return failure;
}
