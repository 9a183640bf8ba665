import { isRecord } from '@edgecore/api';
import { Kinds } from '../objects/kinds.js';
import type { ObjectStore } from '../objects/object-store.js';
import { namespaceOf, type StoredObject } from '../objects/stored-object.js';
import { type EndpointSpec, readEndpoint, readRule } from './rule-spec.js';

/** A rule with its endpoints, ready for use (servicebus.md §2–§4, eventbus.md §6). */
export type Route =
  /** `POST <router>/<node>/<namespace><path>` → a service of the node. */
  | {
      readonly kind: 'restToServicebus';
      readonly namespace: string;
      readonly path: string;
      readonly port: number;
      readonly targetPath: string;
    }
  /** The same → an MQTT topic of the node. */
  | {
      readonly kind: 'restToEventbus';
      readonly namespace: string;
      readonly path: string;
      readonly topic: string;
    }
  /** An MQTT message of the node → a URL of the cloud. */
  | { readonly kind: 'eventbusToRest'; readonly node: string; readonly topic: string; readonly url: string }
  /** A request of an application of the node → a URL of the cloud. */
  | {
      readonly kind: 'servicebusToRest';
      readonly node: string;
      readonly targetUrl: string;
      readonly url: string;
    };

/** All rules whose endpoints are there and fit. */
export function routesOf(objects: ObjectStore): Route[] {
  return objects.list(Kinds.rule).flatMap((rule) => routeOf(rule, objects) ?? []);
}

/** `undefined` while an endpoint is missing, or for a pair no router knows. */
export function routeOf(rule: StoredObject, objects: ObjectStore): Route | undefined {
  const namespace = namespaceOf(rule);
  const { source, sourceResource, target, targetResource } = readRule(rule);
  const from = endpointOf(objects, namespace, source);
  const to = endpointOf(objects, namespace, target);
  if (!from || !to) return undefined;
  const { node_name: node = '', topic = '', target_url: targetUrl = '' } = sourceResource;
  const path = slashed(sourceResource['path'] ?? '');
  switch (`${from.type} ${to.type}`) {
    case 'rest servicebus': {
      const port = Number(to.properties['service_port']);
      return {
        kind: 'restToServicebus',
        namespace,
        path,
        port,
        targetPath: slashed(targetResource['path'] ?? ''),
      };
    }
    case 'rest eventbus':
      return { kind: 'restToEventbus', namespace, path, topic: targetResource['topic'] ?? '' };
    case 'eventbus rest': {
      // Namespace and topic, slashes cleaned: what the node subscribes to and uploads (eventbus.md §6).
      const full = `${namespace}${slashed(topic)}`;
      return { kind: 'eventbusToRest', node, topic: full, url: targetResource['resource'] ?? '' };
    }
    case 'servicebus rest':
      return { kind: 'servicebusToRest', node, targetUrl, url: targetResource['resource'] ?? '' };
    default:
      return undefined;
  }
}

/** The rest rule a path belongs to, the longest first, and what follows its path. */
export function findRest(
  routes: readonly Route[],
  namespace: string,
  path: string,
): { readonly route: Extract<Route, { path: string }>; readonly rest: string } | undefined {
  const [plain = ''] = path.split('?', 1);
  const fitting = routes
    .filter((route) => 'path' in route && route.namespace === namespace)
    .map((route) => route as Extract<Route, { path: string }>)
    .filter((route) => route.path === '/' || plain === route.path || plain.startsWith(`${route.path}/`))
    .sort((a, b) => b.path.length - a.path.length);
  const [route] = fitting;
  return route && { route, rest: route.path === '/' ? path : path.slice(route.path.length) };
}

function endpointOf(objects: ObjectStore, namespace: string, name: string): EndpointSpec | undefined {
  const object = objects.get(Kinds.ruleEndpoint, namespace, name);
  return object && isRecord(object['spec']) ? readEndpoint(object) : undefined;
}

/** One `/` before and between, none at the end. */
function slashed(path: string): string {
  return `/${path.split('/').filter(Boolean).join('/')}`;
}
