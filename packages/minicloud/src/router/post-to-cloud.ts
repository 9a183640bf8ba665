/** Longest answer carried back to a node; the rest is cut, as CloudCore does. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const TIMEOUT_MS = 60_000;

/** What the rule's target answered. Its status is not carried back to the edge. */
export interface CloudAnswer {
  readonly status: number;
  readonly text: string;
}

/** POSTs what a node uploaded. @throws when the target cannot be reached or does not answer in time. */
export async function postToCloud(
  url: string,
  body: string | Uint8Array,
  signal: AbortSignal,
): Promise<CloudAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    body: typeof body === 'string' ? Buffer.from(body) : Buffer.from(body),
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk as Uint8Array);
    size += (chunk as Uint8Array).length;
    if (size >= MAX_ANSWER_BYTES) break;
  }
  const text = Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8');
  return { status: response.status, text };
}
