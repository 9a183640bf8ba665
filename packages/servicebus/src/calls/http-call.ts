import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { errorText } from '@edgecore/api';
import { CallError } from '../errors.js';
import type { Address } from './address.js';
import { type ResponseHeader, responseHeader } from './response-headers.js';
import type { ServiceRequest } from './service-request.js';
import type { ResolvedTarget } from './target.js';

/** What a service answered, as it is: any status, compressed bytes stay compressed. */
export interface ServiceResponse {
  readonly status: number;
  readonly header: ResponseHeader;
  readonly body: Buffer;
}

export interface CallOptions {
  readonly target: ResolvedTarget;
  /** Where {@link target} is, looked up and checked. */
  readonly address: Address;
  readonly maxResponseBytes: number;
  readonly maxHeaderBytes: number;
  /** Ends the call; its reason, a {@link CallError}, is what the caller gets. */
  readonly signal: AbortSignal;
  /** Connections to take from and leave behind; `undefined`: one of its own. */
  readonly agent: Agent | undefined;
}

const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'cookie2', 'x-api-key']);

/**
 * One HTTP exchange. Redirects are answers like any other; nothing is decoded;
 * no proxy is used (servicebus.md §2.2).
 *
 * @throws {CallError} with the status and text for the cloud (§2.3).
 */
export function callService(request: ServiceRequest, options: CallOptions): Promise<ServiceResponse> {
  const { target, address, signal, maxResponseBytes } = options;
  const where = `${target.host}:${target.hostPort}`;
  return new Promise((resolve, reject) => {
    let call: ClientRequest | undefined;
    const abort = () => end(signal.reason);
    const end = (error: unknown, response?: ServiceResponse) => {
      signal.removeEventListener('abort', abort);
      if (response) {
        resolve(response);
        // It answered without reading all of the request: that connection is of no use to anybody.
        if (!call?.writableFinished) call?.destroy();
        return;
      }
      reject(error);
      call?.destroy();
    };
    if (signal.aborted) {
      end(signal.reason);
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    call = httpRequest({
      host: address.address,
      family: address.family,
      port: target.hostPort,
      method: request.method,
      path: request.path,
      agent: options.agent ?? false,
      setHost: false,
      maxHeaderSize: options.maxHeaderBytes,
    });
    // After the end of the call the rest of its connection may still fail; nobody is interested.
    call.on('error', (error: NodeJS.ErrnoException) => end(requestFailure(error, where)));
    call.on('upgrade', (_, socket) => {
      socket.destroy();
      end(receiveFailure(`${where} changed the protocol, which nobody asked for`));
    });
    call.on('response', (response) => {
      const { statusCode = 0 } = response;
      readBody(response, maxResponseBytes, request.method === 'HEAD').then(
        (body) => end(undefined, { status: statusCode, header: responseHeader(response.rawHeaders), body }),
        (error: unknown) => end(error),
      );
    });
    writeHead(call, request, target);
    call.end(request.body.length > 0 ? request.body : undefined);
  });
}

function writeHead(call: ClientRequest, request: ServiceRequest, target: ResolvedTarget): void {
  const keepsCredentials = target.forwardCredentials || target.local;
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  call.setHeader('Host', target.hostPort === 80 ? host : `${host}:${target.hostPort}`);
  for (const [name, values] of request.headers) {
    if (keepsCredentials || !CREDENTIALS.has(name.toLowerCase())) call.setHeader(name, [...values]);
  }
  const expectsBody = ['POST', 'PUT', 'PATCH'].includes(request.method);
  if (expectsBody || request.body.length > 0) call.setHeader('Content-Length', request.body.length);
}

function readBody(response: IncomingMessage, maxBytes: number, headOnly: boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = () => reject(receiveFailure('response body too large'));
    if (!headOnly && Number(response.headers['content-length']) > maxBytes) {
      tooLarge();
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) tooLarge();
      else chunks.push(chunk);
    });
    response.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)));
    response.on('error', (error) => reject(receiveFailure(errorText(error), { cause: error })));
  });
}

/** Before the answer began. */
function requestFailure(error: NodeJS.ErrnoException, where: string): CallError {
  const { code = '' } = error;
  // The parser's: something came, but not HTTP, or too much of it.
  if (code.startsWith('HPE_')) return receiveFailure(errorText(error), { cause: error });
  const reason = REASONS[code]?.(where) ?? `${where}: ${errorText(error)}`;
  return new CallError(404, `error to call service: ${reason}`, {
    cause: error,
    repeatable: code in REASONS,
  });
}

const REASONS: Readonly<Record<string, (where: string) => string>> = {
  ECONNREFUSED: (where) => `nothing listens on ${where}`,
  ECONNRESET: (where) => `${where} closed the connection without an answer`,
  EPIPE: (where) => `${where} closed the connection without an answer`,
};

function receiveFailure(reason: string, options?: ErrorOptions): CallError {
  return new CallError(500, `error to receive response, err: ${reason}`, options);
}
