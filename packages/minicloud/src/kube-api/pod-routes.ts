import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { badRequest } from '../objects/api-status.js';
import type { SessionRequest } from '../stream/connect-payload.js';
import { serveBody } from './body-session.js';
import { forwardedHeaders } from './forwarded-headers.js';
import { goQuery } from './go-query.js';
import type { KubeApiContext } from './kube-api-server.js';
import { logQuery } from './log-query.js';
import { checkHasLog, checkIsAlive, containerOf, podTarget } from './pod-target.js';
import { serveStream } from './stream-session.js';

export interface PodPath {
  readonly namespace: string;
  readonly name: string;
}

/** `pods/{name}/log`. @throws {ApiError} before anything was sent. */
export function serveLog(
  context: KubeApiContext,
  { namespace, name }: PodPath,
  query: URLSearchParams,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): void {
  const { pod, node } = podTarget(context.objects, namespace, name);
  const container = containerOf(pod, query.get('container'));
  const rawQuery = logQuery(query);
  checkHasLog(pod, container);
  const path = `/containerLogs/${namespace}/${name}/${container}`;
  serveBody(
    response,
    { kind: 'logs', path, rawQuery, headers: forwardedHeaders(request, false) },
    { ...context, node, contentType: 'text/plain' },
  );
}

/** What a connection that wants another protocol asks for. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

export type StreamVerb = 'exec' | 'attach' | 'portforward';

/** `pods/{name}/exec`, `attach` and `portforward`. @throws {ApiError} before anything was sent. */
export function servePodStream(
  context: KubeApiContext,
  verb: StreamVerb,
  { namespace, name }: PodPath,
  query: URLSearchParams,
  { request, socket, head }: Upgrade,
): void {
  context.link.checkCarries('exec', verb);
  const { pod, node } = podTarget(context.objects, namespace, name);
  checkIsAlive(pod, verb === 'portforward' ? 'forward ports of' : `${verb} into`);
  const wanted: SessionRequest = {
    kind: verb === 'attach' ? 'attach' : 'exec',
    ...(verb === 'portforward'
      ? { path: `/portForward/${namespace}/${name}`, rawQuery: portsQuery(query) }
      : {
          path: `/${verb}/${namespace}/${name}/${containerOf(pod, query.get('container'))}`,
          rawQuery: remoteQuery(verb, query),
        }),
    headers: forwardedHeaders(request, true),
    method: request.method === 'GET' ? 'GET' : 'POST',
  };
  serveStream(socket, head, wanted, { ...context, node });
}

/** Kubernetes' options of exec and attach in edged's words. */
export function remoteQuery(verb: 'exec' | 'attach', query: URLSearchParams): string {
  const isOn = (key: string) => ['true', '1'].includes(query.get(key)?.toLowerCase() ?? '');
  const words: Readonly<Record<string, string>> = {
    stdin: 'input',
    stdout: 'output',
    stderr: 'error',
    tty: 'tty',
  };
  const pairs = Object.entries(words).flatMap(([theirs, ours]): [string, string][] =>
    isOn(theirs) ? [[ours, '1']] : [],
  );
  const command = query.getAll('command');
  if (verb === 'exec') {
    if (command.length === 0) throw badRequest('you must specify at least one command for the container');
    pairs.push(...command.map((word): [string, string] => ['command', word]));
  }
  return goQuery(pairs);
}

/** A WebSocket's ports are in its address; those of SPDY come with its streams. */
function portsQuery(query: URLSearchParams): string {
  return goQuery(query.getAll('ports').map((port): [string, string] => ['port', port]));
}
