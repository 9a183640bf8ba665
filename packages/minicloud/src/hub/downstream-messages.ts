import { CLUSTER_SCOPE, CloudSource, formatResource, Group, type KubeObject, Operation } from '@edgecore/api';
import { createMessage, type Message } from '@edgecore/beehive';
import type { SyncRow } from '../objects/cloud-tables.js';
import { findKind, type Kind } from '../objects/kinds.js';
import type { StoredObject } from '../objects/stored-object.js';
import { namespaceOf, withoutType } from '../objects/stored-object.js';
import type { HubRules } from './hub-rules.js';

/** Builds what goes down to edges (wire.md §6.1). */
export class DownstreamMessages {
  constructor(private readonly rules: HubRules) {}

  /** The object as this profile writes it. */
  objectContent(object: KubeObject): KubeObject {
    return this.rules.typedObjects ? object : withoutType(object);
  }

  /** D1–D4, D7, D8, D11: an object was inserted, changed or deleted. */
  object(
    operation: 'insert' | 'update' | 'delete',
    kind: Kind,
    object: StoredObject,
    source: string = CloudSource.edgecontroller,
  ): Message {
    return createMessage<unknown>({
      ...FROM_CONTROLLER,
      source,
      operation,
      resource: resourceOf(kind, namespaceOf(object), object.metadata.name),
      resourceVersion: object.metadata.resourceVersion,
      content: this.objectContent(object),
    });
  }

  /** D8: the resync found an object gone; only its identity is left. */
  goneObject(row: SyncRow): Message {
    const { uid, name, namespace } = row;
    const kind = findKind(row.kind)!;
    const metadata = { name, ...(kind.namespaced ? { namespace } : {}), uid };
    return createMessage<unknown>({
      ...FROM_CONTROLLER,
      operation: Operation.delete,
      resource: resourceOf(kind, namespace, name),
      content: this.rules.typedObjects ? { metadata } : skeleton(kind, metadata),
    });
  }

  /** A status came for a pod the cloud does not have (wire.md §6.1). `uid` when another pod has the name now. */
  unknownPod(namespace: string, name: string, uid?: string): Message {
    return createMessage<unknown>({
      ...FROM_CONTROLLER,
      operation: Operation.delete,
      resource: formatResource(namespace, 'pod', name),
      content: {
        metadata: { name, namespace, ...(uid === undefined ? {} : { uid }), creationTimestamp: null },
        spec: { containers: null },
        status: {},
      },
    });
  }

  /** D5, D6: a list, `null` when empty. */
  list(resource: string, objects: readonly StoredObject[]): Message {
    return createMessage<unknown>({
      ...FROM_CONTROLLER,
      operation: Operation.update,
      resource,
      content: objects.length === 0 ? null : objects.map((object) => this.objectContent(object)),
    });
  }
}

const FROM_CONTROLLER = { source: CloudSource.edgecontroller, group: Group.resource } as const;

function resourceOf(kind: Kind, namespace: string, name: string): string {
  return formatResource(kind.namespaced ? namespace : CLUSTER_SCOPE, kind.type, name);
}

function skeleton(kind: Kind, metadata: object): KubeObject {
  const bare = { metadata: { ...metadata, creationTimestamp: null } };
  return kind.kind === 'Pod' ? { ...bare, spec: { containers: null }, status: {} } : bare;
}
