import { isRecord } from '@edgecore/api';
import { CallError } from '../errors.js';

/** Header fields by name as first written; repeated names, in whatever case, are joined into one entry. */
export type HeaderFields = ReadonlyMap<string, readonly string[]>;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FORBIDDEN = /[\0-\x08\x0a-\x1f\x7f]/;
/** They are about one connection, or are made anew for ours (servicebus.md §2.2). */
const DROPPED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export function isHopByHop(lowerName: string): boolean {
  return DROPPED.has(lowerName) || lowerName.startsWith('proxy-');
}

/**
 * The fields to send on, out of the content's `header`: an object of arrays of
 * strings, or nothing. `Accept` is added where it is missing; hop-by-hop
 * fields, and those the caller's `Connection` names, are left out.
 *
 * @throws {CallError} 400 for wrong types and for names and values that could end a header line; 431 above `maxBytes`.
 */
export function requestHeaders(header: unknown, maxBytes: number): HeaderFields {
  if (header !== undefined && header !== null && !isRecord(header)) throw malformed();
  const given = Object.entries(header ?? {});
  const ofConnection = new Set<string>();
  const byName = new Map<string, { readonly name: string; readonly values: string[] }>();
  let bytes = 0;
  for (const [name, values] of given) {
    if (values === null) continue;
    if (!Array.isArray(values) || values.some((value) => typeof value !== 'string')) throw malformed();
    if (!TOKEN.test(name)) throw malformed('a header name has characters HTTP does not allow');
    const lower = name.toLowerCase();
    for (const value of values as string[]) {
      if (FORBIDDEN.test(value)) throw malformed(`header ${name} has characters HTTP does not allow`);
      bytes += name.length + Buffer.byteLength(value) + 4;
      if (lower === 'connection')
        for (const word of value.split(',')) ofConnection.add(word.trim().toLowerCase());
    }
    if (bytes > maxBytes) throw new CallError(431, `the request has more than ${maxBytes} bytes of headers`);
    if (isHopByHop(lower)) continue;
    const entry = byName.get(lower) ?? { name, values: [] };
    entry.values.push(...(values as string[]).map(toWire));
    byName.set(lower, entry);
  }
  for (const lower of ofConnection) byName.delete(lower);
  const fields = [...byName.values()].filter(({ values }) => values.length > 0);
  if (!fields.some(({ name }) => name.toLowerCase() === 'accept'))
    fields.push({ name: 'Accept', values: ['*/*'] });
  return new Map(fields.map(({ name, values }) => [name, values]));
}

/** Node writes one byte per character: text beyond ASCII goes as its UTF-8 bytes, as from Go. */
function toWire(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1');
}

function malformed(reason?: string): CallError {
  const text = 'error to parse http request';
  return new CallError(400, reason === undefined ? text : `${text}: ${reason}`);
}
