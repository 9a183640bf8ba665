import { setTimeout as delay } from 'node:timers/promises';

const WAIT_MS = 5_000;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 200;

/**
 * Asks for the exit code of a process whose output has ended: the engine
 * closes the output a moment before it knows. A connection that broke looks
 * the same, so after five seconds without a code the answer is `undefined`.
 *
 * @throws the abort reason.
 */
export async function afterOutput(
  exitCode: () => Promise<number | undefined>,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const end = Date.now() + WAIT_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const code = await exitCode();
    if (code !== undefined || Date.now() > end) return code;
    signal?.throwIfAborted();
    await delay(pauseMs);
  }
}
