import { isSafeNumber, parse as parseLossless, stringify as stringifyLossless } from 'lossless-json';

/** Seventeen digits in a row: the shortest integer JSON.parse may silently change. */
const LONG_NUMBER = /\d{16}/;

/**
 * Parses JSON. Integers outside the safe range come back as `bigint` instead
 * of being rounded (beehive.md §7 R13).
 *
 * @throws {SyntaxError} when the text is not JSON.
 */
export function parseJson(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  return parseLossless(text, null, parseNumber);
}

function parseNumber(text: string): number | bigint {
  if (/^-?\d+$/.test(text) && !isSafeNumber(text)) return BigInt(text);
  return Number(text);
}

/** Writes JSON; `bigint` as a plain integer, bytes as padded base64 (wire.md §1.4). */
export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value, encodeBytes) ?? 'null';
  } catch (error) {
    if (error instanceof TypeError && /BigInt/i.test(error.message)) {
      return stringifyLossless(value, encodeBytes) ?? 'null';
    }
    throw error;
  }
}

function encodeBytes(this: unknown, key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  // A Buffer has a toJSON, which runs before this function sees the value.
  const original = (this as Record<string, unknown> | undefined)?.[key];
  return original instanceof Uint8Array ? Buffer.from(original).toString('base64') : value;
}
