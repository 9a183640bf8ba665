import { METHODS } from 'node:http';
import { isRecord } from '@edgecore/api';
import { type Message, parseJson } from '@edgecore/beehive';
import { CallError } from '../errors.js';
import { type HeaderFields, requestHeaders } from './request-headers.js';
import { parseServiceAddress, type ServiceAddress } from './resource.js';

/** An HTTP request of the cloud, checked: safe to write as it is. */
export interface ServiceRequest extends ServiceAddress {
  /** Upper case. */
  readonly method: string;
  readonly headers: HeaderFields;
  readonly body: Buffer;
}

/** Limits of what is taken in, bytes. */
export interface RequestLimits {
  readonly maxRequestBytes: number;
  readonly maxHeaderBytes: number;
}

/** Everything a request may say; CONNECT would turn the node into a proxy. */
const ALLOWED: ReadonlySet<string> = new Set(METHODS.filter((method) => method !== 'CONNECT'));
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Reads a request message of either router: content as object, JSON text or
 * JSON bytes; `{"header","body","method"}`, each of which may be missing or
 * `null`; body in base64 (servicebus.md §2.1).
 *
 * @throws {CallError} saying what the cloud is answered.
 */
export function readServiceRequest(message: Message, limits: RequestLimits): ServiceRequest {
  const address = parseServiceAddress(message.resource, limits.maxHeaderBytes);
  const content = contentOf(message.content);
  const { method, header, body } = content;
  return {
    ...address,
    method: methodOf(method, message.operation),
    headers: requestHeaders(header, limits.maxHeaderBytes),
    body: bodyOf(body, limits.maxRequestBytes),
  };
}

function contentOf(content: unknown): Record<string, unknown> {
  const value = typeof content === 'string' || content instanceof Uint8Array ? parse(content) : content;
  if (value === null || value === undefined) return {};
  if (!isRecord(value)) throw malformed();
  return value;
}

function parse(content: string | Uint8Array): unknown {
  try {
    return parseJson(typeof content === 'string' ? content : Buffer.from(content).toString('utf8'));
  } catch (cause) {
    throw malformed({ cause });
  }
}

/** Today's content names the method; 2020's operation does. */
function methodOf(method: unknown, operation: string): string {
  if (method !== undefined && method !== null && typeof method !== 'string') throw malformed();
  const name = (method || operation).toUpperCase();
  if (!ALLOWED.has(name)) throw new CallError(400, `method ${name.slice(0, 30)} is not allowed`);
  return name;
}

function bodyOf(body: unknown, maxBytes: number): Buffer {
  if (body === undefined || body === null || body === '') return Buffer.alloc(0);
  if (body instanceof Uint8Array) return checkedSize(Buffer.from(body), maxBytes);
  if (typeof body !== 'string' || body.length % 4 !== 0 || !BASE64.test(body)) throw malformed();
  // Not decoded before its size is known.
  if ((body.length / 4) * 3 - 2 > maxBytes) throw tooLarge(maxBytes);
  return checkedSize(Buffer.from(body, 'base64'), maxBytes);
}

function checkedSize(body: Buffer, maxBytes: number): Buffer {
  if (body.length > maxBytes) throw tooLarge(maxBytes);
  return body;
}

function tooLarge(maxBytes: number): CallError {
  return new CallError(413, `the request body has more than ${maxBytes} bytes`);
}

function malformed(options?: ErrorOptions): CallError {
  return new CallError(400, 'error to parse http request', options);
}
