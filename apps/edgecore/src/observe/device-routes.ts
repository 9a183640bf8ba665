import type { ServerResponse } from 'node:http';
import type { DeviceSource } from './device-source.js';
import { watchDevices } from './device-watch.js';

const ROOT = '/devices';
/** Opens the answer before there is a first line. */
const WATCH_HEADERS = { 'Content-Type': 'application/jsonl', 'Cache-Control': 'no-store' };

export function isDeviceRoute(path: string): boolean {
  return path === ROOT || path.startsWith(`${ROOT}/`);
}

/** What there is to answer at once; `undefined` when the answer goes on (`?watch=true`). */
export interface PlainAnswer {
  readonly status: number;
  readonly type: 'application/json' | 'text/plain';
  readonly body: string;
}

/**
 * `/devices` and `/devices/<id>`, each also with `?watch=true`. The id may
 * hold a slash, as it is or percent-encoded.
 */
export function answerDevices(
  source: DeviceSource | undefined,
  url: URL,
  response: ServerResponse,
): PlainAnswer | undefined {
  if (!source) {
    return missing('the device module is off on this node: switch on modules.deviceTwin.enable');
  }
  const id = idOf(url.pathname);
  if (url.searchParams.get('watch') === 'true') {
    response.writeHead(200, WATCH_HEADERS);
    response.flushHeaders();
    watchDevices(source, response, { id });
    return undefined;
  }
  const devices = source.devices();
  if (id === undefined) return json(devices);
  const device = devices.find((candidate) => candidate.id === id);
  return device ? json(device) : missing(`there is no device "${id}" on this node`);
}

function idOf(path: string): string | undefined {
  const rest = path.slice(ROOT.length + 1);
  if (rest === '') return undefined;
  try {
    return decodeURIComponent(rest);
  } catch {
    // Not percent-encoded: no device is called that.
    return rest;
  }
}

function json(value: unknown): PlainAnswer {
  return { status: 200, type: 'application/json', body: `${JSON.stringify(value, null, 2)}\n` };
}

function missing(text: string): PlainAnswer {
  return { status: 404, type: 'text/plain', body: `${text}\n` };
}
