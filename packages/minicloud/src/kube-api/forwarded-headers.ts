import type { IncomingMessage } from 'node:http';

/** For this server only. */
const PRIVATE = new Set(['host', 'authorization', 'cookie', 'proxy-authorization', 'origin']);
const HOP_BY_HOP = new Set(['connection', 'upgrade', 'keep-alive', 'te', 'trailer', 'transfer-encoding']);

/** The client's headers that go on to edged, named as Go writes them; those of a stream keep its upgrade. */
export function forwardedHeaders(
  request: Pick<IncomingMessage, 'headersDistinct'>,
  isStream: boolean,
): Record<string, string[]> {
  const entries = Object.entries(request.headersDistinct).filter(
    ([name, values]) => values !== undefined && !PRIVATE.has(name) && (isStream || !HOP_BY_HOP.has(name)),
  );
  return Object.fromEntries(entries.map(([name, values]) => [canonical(name), values ?? []]));
}

function canonical(name: string): string {
  return name
    .split('-')
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1).toLowerCase())
    .join('-');
}
