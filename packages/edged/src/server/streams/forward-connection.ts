import { connect } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { errorText } from '@edgecore/api';

export interface ForwardTarget {
  readonly port: number;
  readonly signal: AbortSignal;
  /** Where the pod is. */
  address(): Promise<string>;
  /** For the text of a failure. */
  readonly pod: { readonly name: string; readonly namespace: string; readonly uid: string };
}

/** What a client may still send after the pod has ended its side. */
const HALF_OPEN_MS = 500;

/**
 * Copies between a client and a port of the pod until the pod has ended its
 * side, or the client is gone.
 *
 * @returns what went wrong, for the client's error channel; `undefined` when nothing did.
 */
export async function forwardConnection(
  input: Readable,
  output: Writable,
  { port, pod, signal, address }: ForwardTarget,
): Promise<string | undefined> {
  let up: Promise<unknown> = Promise.resolve();
  try {
    const socket = connect({ host: await address(), port, allowHalfOpen: true, signal });
    up = pipeline(input, socket).catch(() => undefined);
    try {
      await pipeline(socket, output);
      await Promise.race([up, setTimeout(HALF_OPEN_MS, undefined, { ref: false })]);
    } finally {
      socket.destroy();
    }
    await up;
    return undefined;
  } catch (error) {
    if (signal.aborted) return undefined;
    return `error forwarding port ${port} to pod ${pod.name}_${pod.namespace}, uid ${pod.uid}: ${errorText(error)}`;
  }
}
