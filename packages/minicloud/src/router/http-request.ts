import { ApiError } from '../errors.js';
import type { ServiceCall } from './router-messages.js';

/** A call of a service on a node. */
export interface EdgeHttpRequest {
  readonly node: string;
  /** Port of the service, on the node's loopback unless the node says otherwise. */
  readonly port: number;
  /** With its query. Default `/`. */
  readonly path?: string;
  /** Default `GET`. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** Default 60 000. */
  readonly timeoutMs?: number;
}

/** A call of CloudCore's REST port: a rule says what it becomes. */
export interface RestRequest extends Omit<EdgeHttpRequest, 'port' | 'path'> {
  /** Namespace of the rule. Default `default`. */
  readonly namespace?: string;
  readonly path: string;
}

/** What goes into the message. The node checks it: it does not trust the cloud either. @throws {ApiError} BadRequest. */
export function serviceCall(request: EdgeHttpRequest): ServiceCall {
  const { port, path = '/', method = 'GET', headers = {}, body = '' } = request;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new ApiError('BadRequest', 400, `${port} is not a port from 1 to 65535`);
  }
  const header = Object.entries(headers).map(([name, value]) => [
    name,
    typeof value === 'string' ? [value] : value,
  ]);
  return {
    method: method.toUpperCase(),
    port,
    path: path.startsWith('/') ? path : `/${path}`,
    header: Object.fromEntries(header) as ServiceCall['header'],
    body: Buffer.from(body),
  };
}
