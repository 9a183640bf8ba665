import { CallError } from '../errors.js';

/** What the cloud asks for: a port of the node and a path on it. */
export interface ServiceAddress {
  /** 1 to 65535. */
  readonly port: number;
  /** Begins with exactly one `/`; the query belongs to it. Printable ASCII only. */
  readonly path: string;
}

/** Canonical decimal only: `080` is 64 or 80, depending on who reads it. */
const PORT = /^[1-9][0-9]{0,4}$/;
/** Printable ASCII without space, `#` (never part of a request) and `\` (a `/` to some servers). */
const PATH = /^[!"$-[\]-~]*$/;
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\//i;
/** Longer resources are cut in the error text. */
const SHOWN = 200;

/**
 * Takes `<port>:<path>[?<query>]` apart, with or without a `/` before the path
 * (servicebus.md §2.1). Only the first `:` separates. The parts are never put
 * together into a URL again, so nothing in them can name a host (§5).
 *
 * @throws {CallError} 400 for anything else, 414 for a path longer than `maxPathBytes`.
 */
export function parseServiceAddress(resource: string, maxPathBytes: number): ServiceAddress {
  const colon = resource.indexOf(':');
  const digits = resource.slice(0, Math.max(colon, 0));
  const rest = resource.slice(colon + 1).replace(/^\/+/, '');
  const port = Number(digits);
  if (colon < 0 || !PORT.test(digits) || port > 65_535) throw incorrect(resource);
  if (rest.length + 1 > maxPathBytes)
    throw new CallError(414, `the path has more than ${maxPathBytes} bytes`);
  if (!PATH.test(rest) || ABSOLUTE.test(rest)) throw incorrect(resource);
  return { port, path: `/${rest}` };
}

function incorrect(resource: string): CallError {
  const shown = resource.length > SHOWN ? `${resource.slice(0, SHOWN)}…` : resource;
  return new CallError(400, `the format of resource ${shown} is incorrect`);
}
