/** What a connect frame asks for (edgestream.md §4). */
export interface ConnectRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query, encoded. */
  readonly target: string;
  /** Without those that are this side's business. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** The content of a connect frame cannot be served; the text is for the user. */
export class ConnectRefusedError extends Error {}

/** The only parts of edged's server a cloud gets to see. */
const ALLOWED = /^\/(?:(?:containerLogs|exec|attach|portForward)\/|(?:stats|metrics)(?:\/|$))/;
const HOP_BY_HOP = new Set(['connection', 'upgrade', 'keep-alive', 'te', 'transfer-encoding']);
/** Set here: the address, and the length of a body that is always empty. */
const OWN = new Set(['host', 'accept-encoding', 'content-length']);
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Reads a connect frame. The host in it is ignored: requests go to this node's
 * edged and nowhere else.
 *
 * @throws {ConnectRefusedError}
 */
export function parseConnect(data: Buffer, isStream: boolean): ConnectRequest {
  const content = parseJson(data);
  const url = record(content['url']);
  const path = text(url['Path']);
  if (!ALLOWED.test(path) || path.split('/').includes('..')) {
    throw new ConnectRefusedError(`${JSON.stringify(path)} is not served through the tunnel`);
  }
  const query = text(url['RawQuery']);
  if (/[^\x21-\x7e]/.test(query)) throw new ConnectRefusedError('the query is not encoded');
  const raw = text(url['RawPath']);
  const encoded = raw !== '' && isEncodingOf(raw, path) ? raw : encodePath(path);
  return {
    method: content['method'] === 'POST' ? 'POST' : 'GET',
    target: query === '' ? encoded : `${encoded}?${query}`,
    headers: headersOf(record(content['header']), isStream),
  };
}

function parseJson(data: Buffer): Record<string, unknown> {
  try {
    return record(JSON.parse(data.toString('utf8')));
  } catch (cause) {
    throw new ConnectRefusedError('the request of the cloud is not JSON', { cause });
  }
}

function headersOf(header: Record<string, unknown>, isStream: boolean): [string, string][] {
  return Object.entries(header).flatMap(([name, values]): [string, string][] => {
    const lower = name.toLowerCase();
    if (!TOKEN.test(name) || OWN.has(lower) || (!isStream && HOP_BY_HOP.has(lower))) return [];
    return [values]
      .flat()
      .filter((value): value is string => typeof value === 'string' && !/[\r\n\0]/.test(value))
      .map((value) => [name, value]);
  });
}

function isEncodingOf(raw: string, path: string): boolean {
  try {
    return !/[^\x21-\x7e]/.test(raw) && decodeURIComponent(raw) === path;
  } catch {
    return false;
  }
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
