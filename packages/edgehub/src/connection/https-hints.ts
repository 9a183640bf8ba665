import { type HttpsAnswer, httpsGet } from '../certificates/https-get.js';

export interface HttpsHintsOptions {
  readonly httpServer: URL;
  readonly nodeName: string;
  /** PEM. */
  readonly ca: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What `GET /node/<name>` says on clouds since v1.20 (wire.md §6.3). */
const NODE_ANSWERS = ['Node founded', 'Node not found', 'Failed to query node information'];

/**
 * Does the certificate service show endpoints only today's cloud has? A hint
 * for a consistency check, never a decision; no answer proves nothing
 * (wire.md §7).
 */
export async function looksLikeCurrentCloud(options: HttpsHintsOptions): Promise<boolean> {
  const { httpServer, nodeName, ca, timeoutMs, signal } = options;
  const url = new URL(
    `${httpServer.pathname.replace(/\/$/, '')}/node/${encodeURIComponent(nodeName)}`,
    httpServer,
  );
  let answer: HttpsAnswer;
  try {
    answer = await httpsGet({ url, ca, timeoutMs, signal });
  } catch {
    return false;
  }
  const text = answer.body.toString('utf8');
  return NODE_ANSWERS.some((known) => text.startsWith(known));
}
