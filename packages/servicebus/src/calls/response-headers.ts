/** Fields of an answer as they travel to the cloud: canonical names, every value in an array. */
export type ResponseHeader = Readonly<Record<string, readonly string[]>>;

/** They were about the connection to the service, which ends here. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'Connection',
  'Keep-Alive',
  'Proxy-Connection',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
]);

/** From Node's `rawHeaders`: name, value, name, value … */
export function responseHeader(rawHeaders: readonly string[]): ResponseHeader {
  const fields = new Map<string, string[]>();
  for (let n = 0; n + 1 < rawHeaders.length; n += 2) {
    const name = canonicalName(rawHeaders[n]!);
    if (OF_THE_CONNECTION.has(name)) continue;
    const values = fields.get(name) ?? [];
    // Node reads one character per byte; the peer's bytes are nearly always UTF-8.
    values.push(Buffer.from(rawHeaders[n + 1]!, 'latin1').toString('utf8'));
    fields.set(name, values);
  }
  return Object.fromEntries(fields);
}

/** `content-type` → `Content-Type`, as CloudCore and its callers know it. */
export function canonicalName(name: string): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join('-');
}
