import type { IncomingMessage } from 'node:http';
import { EngineError } from './engine-error.js';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** An answer larger than this is not the engine's. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** A whole answer as text. @throws {EngineError} beyond 64 MiB */
export async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new EngineError(response.statusCode ?? 0, 'the answer exceeds 64 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The engine's own words for an error. */
export function messageOf(text: string, status: number): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string') return message.trim();
  } catch {
    // Not JSON: a proxy or an engine in trouble; its text is still the best there is.
  }
  return text.trim() || `HTTP ${status}`;
}

/** `?a=1&b=true`; values that are `undefined` are left out. */
export function encodeQuery(query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) search.set(key, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

/** Is API version `a` older than `b`? */
export function older(a: string, b: string): boolean {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor < bMajor || (aMajor === bMajor && aMinor < bMinor);
}
