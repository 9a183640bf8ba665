import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendBody, sendText } from './http-answer.js';
import { podList, runningPods } from './lists/pod-list.js';
import { serveLogs } from './logs/log-handler.js';
import { type PathParams, type Route, Router } from './router.js';
import type { ServerSettings, ServerSource } from './server-options.js';
import { figures } from './stats/figures.js';
import { ForwardHandler } from './streams/forward-handler.js';
import { missingUpgrade, RemoteHandler, type UpgradeRequest } from './streams/remote-handler.js';

export interface Answering {
  readonly params: PathParams;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** How a path answers a plain request, and one that wants another protocol. */
export interface Handlers {
  answer(answering: Answering): void | Promise<void>;
  upgrade?(upgrade: UpgradeRequest & { readonly params: PathParams }): Promise<void>;
}

const GET = ['GET', 'HEAD'];
const STREAM = ['GET', 'POST'];

/** Everything this server answers (edged.md §12). */
export function serverRoutes(
  source: ServerSource,
  settings: ServerSettings,
  stop: AbortSignal,
): Router<Handlers> {
  const get = (pattern: string, answer: Handlers['answer']): Route<Handlers> => ({
    methods: GET,
    pattern,
    handler: { answer },
  });
  const json = (pattern: string, make: (query: URLSearchParams) => object | Promise<object>) =>
    get(pattern, async ({ query, response }) =>
      sendBody(response, 'application/json', JSON.stringify(await make(query))),
    );
  return new Router<Handlers>([
    ...healthRoutes(source, get),
    json('/pods', () => podList(source.pods())),
    json('/runningpods', () => runningPods(source.runtime)),
    get('/containerLogs/{namespace}/{pod}/{container}', ({ params, query, response }) =>
      serveLogs(containerPath(params), query, response, { source, stop }),
    ),
    ...figures(source, settings).map(({ path, contentType, make }) =>
      get(path, async ({ query, response }) => sendBody(response, contentType, await make(query))),
    ),
    ...streamRoutes(source, settings, stop),
  ]);
}

function healthRoutes(
  source: ServerSource,
  get: (pattern: string, answer: Handlers['answer']) => Route<Handlers>,
): Route<Handlers>[] {
  const ok = ({ response }: Answering) => sendText(response, { status: 200, text: 'ok' });
  return [
    get('/healthz', (answering) => {
      const problem = source.problem();
      if (problem === undefined) return ok(answering);
      sendText(answering.response, {
        status: 500,
        text: `[-]syncloop failed: ${problem}\nhealthz check failed\n`,
      });
    }),
    get('/healthz/ping', ok),
    get('/healthz/log', ok),
    get('/healthz/syncloop', ok),
  ];
}

function streamRoutes(source: ServerSource, settings: ServerSettings, stop: AbortSignal): Route<Handlers>[] {
  const remote = new RemoteHandler(source, settings, stop);
  const forward = new ForwardHandler(source, settings, stop);
  const remoteHandlers = (kind: 'exec' | 'attach'): Handlers => ({
    answer({ query, params, request }) {
      remote.check(query, containerPath(params));
      throw missingUpgrade(request);
    },
    upgrade: (upgrade) => remote.serve(kind, containerPath(upgrade.params), upgrade),
  });
  const forwardHandlers: Handlers = {
    answer({ params, request }) {
      forward.check(containerPath(params));
      throw missingUpgrade(request);
    },
    upgrade: (upgrade) => forward.serve(containerPath(upgrade.params), upgrade),
  };
  return [
    ...(['exec', 'attach'] as const).flatMap((kind) =>
      ['{namespace}/{pod}/{container}', '{namespace}/{pod}/{uid}/{container}'].map((shape) => ({
        methods: STREAM,
        pattern: `/${kind}/${shape}`,
        handler: remoteHandlers(kind),
      })),
    ),
    ...['{namespace}/{pod}', '{namespace}/{pod}/{uid}'].map((shape) => ({
      methods: STREAM,
      pattern: `/portForward/${shape}`,
      handler: forwardHandlers,
    })),
  ];
}

function containerPath(params: PathParams) {
  const { namespace = '', pod = '', container = '', uid } = params;
  return { namespace, pod, container, ...(uid !== undefined && { uid }) };
}
