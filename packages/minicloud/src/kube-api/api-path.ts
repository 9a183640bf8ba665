import type { IncomingMessage } from 'node:http';
import { ApiError } from '../errors.js';
import { badRequest } from '../objects/api-status.js';
import type { PodPath, StreamVerb } from './pod-routes.js';

export interface StreamPath extends PodPath {
  readonly verb: StreamVerb;
}

/** @throws {ApiError} BadRequest. */
export function urlOf(request: IncomingMessage): URL {
  try {
    return new URL(request.url ?? '/', 'https://minicloud');
  } catch {
    throw badRequest('the address is not a URL');
  }
}

/** Decoded words after `/api/v1/`; none for other addresses. */
export function partsOf({ pathname }: URL): string[] {
  if (!pathname.startsWith('/api/v1/')) return [];
  return pathname
    .slice('/api/v1/'.length)
    .split('/')
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        throw badRequest(`"${part}" is not percent-encoded text`);
      }
    });
}

/** Where a pod's stream is asked for; `undefined` for other addresses. */
export function streamPath(url: URL): StreamPath | undefined {
  const [first, namespace, pods, name, verb] = partsOf(url);
  const isStream = verb === 'exec' || verb === 'attach' || verb === 'portforward';
  if (first !== 'namespaces' || pods !== 'pods' || !isStream || partsOf(url).length !== 5) return undefined;
  return { verb, namespace: namespace!, name: name! };
}

export function nothingAt({ pathname }: URL): ApiError {
  return new ApiError(
    'NotFound',
    404,
    `the server could not find the requested resource: there is no ${pathname} here`,
  );
}
