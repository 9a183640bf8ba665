import { type CloudProfileName, CloudSource, Group, ModuleName, Operation } from '@edgecore/api';
import { createMessage, type Message } from '@edgecore/beehive';
import type { Route } from './routes.js';

/** What is sent to a service of a node, the body as bytes. */
export interface ServiceCall {
  readonly method: string;
  readonly port: number;
  /** Begins with `/`; with its query. */
  readonly path: string;
  readonly header: Readonly<Record<string, readonly string[]>>;
  readonly body: Buffer;
}

/** D21, in the form of either time (servicebus.md §2.1). */
export function callMessage(call: ServiceCall, profile: CloudProfileName): Message {
  const content = { header: call.header, body: call.body.toString('base64') };
  const route = { group: Group.user, operation: call.method };
  return profile === '2020'
    ? createMessage<unknown>({
        ...route,
        source: CloudSource.routerRest,
        resource: `${call.port}:${call.path.slice(1)}`,
        content,
      })
    : createMessage<unknown>({
        ...route,
        source: CloudSource.routerServicebus,
        resource: `${call.port}:${call.path}`,
        content: { ...content, method: call.method, url: '' },
      });
}

/** D19: a REST call that becomes an MQTT message. */
export function publishMessage(topic: string, payload: string): Message {
  return createMessage<unknown>({
    source: CloudSource.routerEventbus,
    group: Group.user,
    operation: Operation.publish,
    resource: topic,
    content: payload,
  });
}

/** D18, D20: what a node is told of a rule; `undefined` for rules that are the cloud's alone. */
export function ruleMessage(
  route: Route,
  change: 'created' | 'deleted',
): { readonly node: string; readonly message: Message } | undefined {
  const created = change === 'created';
  if (route.kind === 'eventbusToRest') {
    const operation = created ? Operation.subscribe : Operation.unsubscribe;
    return told(route.node, CloudSource.routerEventbus, operation, route.topic);
  }
  if (route.kind === 'servicebusToRest') {
    // CloudCore cleans the URL like a path when it deletes a rule: `http:/host` (servicebus.md §3).
    const url = created ? route.targetUrl : route.targetUrl.replace(/\/{2,}/g, '/');
    return told(route.node, CloudSource.routerServicebus, created ? 'start' : 'stop', url);
  }
  return undefined;
}

/** D22: the answer to a request of an application. */
export function uploadAnswer(upload: Message, text: string): Message {
  return createMessage<unknown>({
    parentId: upload.id,
    source: ModuleName.servicebus,
    group: Group.user,
    operation: Operation.response,
    resource: upload.resource,
    content: text,
  });
}

function told(node: string, source: string, operation: string, resource: string) {
  return { node, message: createMessage({ source, group: Group.user, operation, resource }) };
}
