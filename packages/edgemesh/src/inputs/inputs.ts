import { isKubeObject, type Logger, Operation, ResourceType } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import { parseJson } from '@edgecore/beehive';

/** What messages of the cloud change, whichever cloud sent them. */
export interface InputTarget {
  putService(namespace: string, name: string, content: unknown): void;
  removeService(namespace: string, name: string): void;
  /** Every service there is: those not named are gone. */
  keepServices(objects: readonly unknown[]): void;
  putEndpoints(namespace: string, name: string, content: unknown): void;
  removeEndpoints(namespace: string, name: string): void;
  putPods(namespace: string, service: string, content: unknown): void;
}

/**
 * Applies one message (edgemesh.md §4). Namespace and name are those of the
 * resource: a delete may come without content. Bad ones are logged and dropped.
 */
export function applyMessage(message: Message, target: InputTarget, log: Logger): void {
  const { operation, resource } = message;
  const [namespace = '', type = '', name = ''] = resource.split('/');
  if (operation !== Operation.insert && operation !== Operation.update && operation !== Operation.delete) {
    log.debug({ operation, resource }, 'operation without meaning here');
    return;
  }
  const removed = operation === Operation.delete;
  const content = structured(message.content);
  switch (type) {
    case ResourceType.service:
      if (removed) target.removeService(namespace, name);
      else if (isKubeObject(content)) target.putService(namespace, name, content);
      else log.warn({ resource }, 'service without content, dropped');
      return;
    case ResourceType.endpoints:
      if (removed) target.removeEndpoints(namespace, name);
      else if (isKubeObject(content)) target.putEndpoints(namespace, name, content);
      else log.warn({ resource }, 'endpoints without content, dropped');
      return;
    case ResourceType.podlist:
      target.putPods(namespace, name, removed ? null : content);
      return;
    case ResourceType.servicelist:
      // A cloud that has just started sends an empty one (edgemesh.md §4.2).
      if (Array.isArray(content) && content.length > 0) target.keepServices(content);
      return;
    case ResourceType.endpointslist:
      for (const item of Array.isArray(content) ? content : []) {
        if (isKubeObject(item)) target.putEndpoints(item.metadata.namespace ?? '', item.metadata.name, item);
      }
      return;
    default:
      log.debug({ operation, resource }, 'type without meaning here');
  }
}

function structured(content: unknown): unknown {
  if (typeof content !== 'string') return content;
  try {
    return parseJson(content);
  } catch {
    return null;
  }
}
