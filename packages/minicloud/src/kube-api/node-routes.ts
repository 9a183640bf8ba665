import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from '../errors.js';
import { notFound } from '../objects/api-status.js';
import { Kinds } from '../objects/kinds.js';
import { serveBody } from './body-session.js';
import { forwardedHeaders } from './forwarded-headers.js';
import type { KubeApiContext } from './kube-api-server.js';

/** What today's cloud carries of edged's figures (edgestream.md §5), and how an answer of each begins. */
const FIGURES = /^(?:stats(?:\/summary)?|metrics(?:\/(?:cadvisor|resource|probes))?)$/;
const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** `nodes/{node}/proxy/{path}`. @throws {ApiError} before anything was sent. */
export function serveFigures(
  context: KubeApiContext,
  node: string,
  path: string,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): void {
  context.link.checkCarries('metrics', `reading ${path}`);
  if (!context.objects.get(Kinds.node, '', node)) throw notFound(Kinds.node, node);
  if (!FIGURES.test(path)) {
    throw new ApiError(
      'NotFound',
      404,
      `/${path} of a node is not carried by the tunnel: stats/summary, metrics, metrics/cadvisor and metrics/resource are`,
    );
  }
  const isJson = path.startsWith('stats');
  const uri = request.url ?? '';
  const at = uri.indexOf('?');
  serveBody(
    response,
    {
      kind: 'metrics',
      path: `/${path}`,
      rawQuery: at < 0 ? '' : uri.slice(at + 1),
      headers: forwardedHeaders(request, false),
    },
    {
      ...context,
      node,
      contentType: isJson ? JSON_TYPE : TEXT_TYPE,
      // The text format's lines are comments or names of samples with a number.
      isBody: (start) =>
        (isJson ? /^\s*\{/ : /^(?:#|[a-zA-Z_:][\w:]*(?:\{|\s+[-+\d.NI]))/).test(
          start.toString('latin1', 0, 512),
        ),
    },
  );
}
