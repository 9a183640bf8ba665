import { type CloudProfileName, errorText, type Logger, ModuleName } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import { ApiError } from '../errors.js';
import type { NodeSession } from '../hub/node-session.js';
import { type Kind, Kinds } from '../objects/kinds.js';
import type { ObjectEvent, ObjectStore } from '../objects/object-store.js';
import { isSameJson } from '../objects/same-json.js';
import { EdgeCalls, type EdgeHttpAnswer, noSession } from './edge-calls.js';
import { type EdgeHttpRequest, type RestRequest, serviceCall } from './http-request.js';
import { postToCloud } from './post-to-cloud.js';
import { callMessage, publishMessage, ruleMessage, uploadAnswer } from './router-messages.js';
import { findRest, type Route, routeOf, routesOf } from './routes.js';

export interface RouterOptions {
  readonly objects: ObjectStore;
  readonly profile: CloudProfileName;
  readonly session: (node: string) => NodeSession | undefined;
  readonly logger: Logger;
}

/** Uploads being posted at once; what comes above is dropped, as an unreachable target's is. */
const MAX_POSTS = 256;
const DEFAULT_TIMEOUT_MS = 60_000;

/** CloudCore's router: calls services of nodes, tells nodes of rules, carries what they upload to URLs (servicebus.md, eventbus.md §6). */
export class Router {
  readonly #calls = new EdgeCalls();
  readonly #closing = new AbortController();
  #posts = 0;

  constructor(private readonly options: RouterOptions) {}

  /** Follows rules and their endpoints. @returns a function that ends it. */
  start(): () => void {
    const unsubscribe = this.options.objects.subscribe((event) => this.#onEvent(event));
    return () => {
      unsubscribe();
      this.#closing.abort();
      this.#calls.close();
    };
  }

  /** Calls a service of a node. @throws {ApiError} when there is no answer; any status is one. */
  async http(request: EdgeHttpRequest): Promise<EdgeHttpAnswer> {
    const message = callMessage(serviceCall(request), this.options.profile);
    const session = this.#connected(request.node);
    const answer = this.#calls.wait(request.node, message.id, request.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    void session.send(message);
    return answer;
  }

  /** What CloudCore's REST port does with `/<node>/<namespace><path>`. @throws {ApiError} NotFound without a rule for it. */
  async rest(request: RestRequest): Promise<EdgeHttpAnswer> {
    const { namespace = 'default', path, ...call } = request;
    const found = findRest(routesOf(this.options.objects), namespace, path);
    if (!found)
      throw new ApiError('NotFound', 404, `Request error: no rule for ${path} in namespace ${namespace}`);
    const { route, rest } = found;
    if (route.kind === 'restToServicebus') {
      return this.http({
        ...call,
        port: route.port,
        path: `${route.targetPath === '/' && rest.startsWith('/') ? '' : route.targetPath}${rest}`,
      });
    }
    await this.#connected(request.node).send(
      publishMessage(`${route.topic}${rest}`, Buffer.from(request.body ?? '').toString('utf8')),
    );
    return { status: 200, headers: {}, body: Buffer.from('message delivered') };
  }

  /** An answer of a node to {@link http}. */
  answered(node: string, message: Message): void {
    this.#calls.answered(node, message);
  }

  /** A request of an application, or an MQTT message: to the URL of its rule. Returns at once. */
  uploaded(node: string, message: Message): void {
    const route = routesOf(this.options.objects).find((candidate) => isFor(candidate, node, message));
    const { logger } = this.options;
    if (!route || !('url' in route)) {
      logger.debug({ node, resource: message.resource }, 'no rule for what the node uploads');
    } else if (this.#posts >= MAX_POSTS) {
      logger.warn(
        { node, resource: message.resource },
        `${MAX_POSTS} uploads are on their way: one is dropped`,
      );
    } else void this.#post(node, message, route.url);
  }

  /** CloudCore tells rules when it starts; a node that connects later hears of them too. */
  nodeConnected(node: string): void {
    for (const route of routesOf(this.options.objects)) this.#tell(route, 'created', node);
  }

  nodeLeft(node: string): void {
    this.#calls.nodeLeft(node);
  }

  async #post(node: string, message: Message, url: string): Promise<void> {
    const { session, logger } = this.options;
    this.#posts += 1;
    try {
      const { content } = message;
      const body =
        typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content);
      const { status, text } = await postToCloud(url, body, this.#closing.signal);
      logger.debug({ node, url, status }, 'an upload was posted');
      // Nobody waits for an answer to an MQTT message.
      if (message.source === ModuleName.servicebus) await session(node)?.send(uploadAnswer(message, text));
    } catch (error) {
      logger.warn(
        { node, url, err: errorText(error) },
        'an upload did not reach its target; the node gets no answer',
      );
    } finally {
      this.#posts -= 1;
    }
  }

  #onEvent({ type, kind, object, previous }: ObjectEvent): void {
    const { objects } = this.options;
    if (isKind(kind, Kinds.rule)) {
      const before = previous && routeOf(previous, objects);
      const after = type === 'deleted' ? undefined : routeOf(object, objects);
      if (before && after && isSameJson(before, after)) return;
      // Without its endpoints a deleted rule is nothing CloudCore could tell of (recorded).
      if (before) this.#tell(before, 'deleted');
      if (after) this.#tell(after, 'created');
    } else if (isKind(kind, Kinds.ruleEndpoint) && type !== 'deleted') {
      for (const route of routesOf(objects)) this.#tell(route, 'created');
    }
  }

  /** To the node of the rule, or to one node only. What is told twice is known already. */
  #tell(route: Route, change: 'created' | 'deleted', only?: string): void {
    const told = ruleMessage(route, change);
    if (!told || (only !== undefined && told.node !== only)) return;
    const { node, message } = told;
    void this.options.session(node)?.send(message);
  }

  #connected(node: string): NodeSession {
    const session = this.options.session(node);
    if (!session?.connection) throw noSession(node);
    return session;
  }
}

function isFor(route: Route, node: string, { source, resource }: Message): boolean {
  if (route.kind === 'servicebusToRest') {
    return source === ModuleName.servicebus && route.node === node && route.targetUrl === resource;
  }
  return (
    route.kind === 'eventbusToRest' && source === 'bus' && route.node === node && route.topic === resource
  );
}

function isKind(kind: Kind, wanted: Kind): boolean {
  return kind.kind === wanted.kind;
}
