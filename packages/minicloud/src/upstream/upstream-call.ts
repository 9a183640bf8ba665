import type { Logger } from '@edgecore/api';
import { CloudSource, Group, type KubeObject, type ObjectResp, Operation } from '@edgecore/api';
import { createMessage, type Message } from '@edgecore/beehive';
import type { CloudEmitter } from '../cloud-events.js';
import type { NodeMonitor } from '../cluster/node-monitor.js';
import type { CloudDevices } from '../devices/cloud-devices.js';
import type { DynamicController, Session } from '../dynamic/dynamic-controller.js';
import type { DownstreamMessages } from '../hub/downstream-messages.js';
import type { HubRules } from '../hub/hub-rules.js';
import { errStatus } from '../objects/api-status.js';
import type { ObjectStore } from '../objects/object-store.js';
import { type StoredObject, withoutType } from '../objects/stored-object.js';
import type { SigningKey } from '../pki/crypto.js';
import type { Router } from '../router/router.js';

/** What handlers of upstream messages work with. */
export interface UpstreamContext {
  readonly objects: ObjectStore;
  readonly devices: CloudDevices;
  readonly rules: HubRules;
  readonly messages: DownstreamMessages;
  readonly monitor: NodeMonitor;
  readonly events: CloudEmitter;
  readonly router: Pick<Router, 'answered' | 'uploaded'>;
  /** Absent: its requests are not answered, as by a CloudCore with that module off. */
  readonly dynamic: Pick<DynamicController, 'handle'> | undefined;
  readonly tokenKey: SigningKey;
  /** PEM of the CA: the answer to `k8s/ca.crt`. */
  readonly caPem: string;
  /** Written into the annotation `cloudcore` of nodes (profile `current`). */
  readonly advertiseAddress: string;
  readonly now: () => number;
  readonly logger: Logger;
}

/** One message of a node, taken apart. */
export interface UpstreamCall {
  readonly node: string;
  readonly session: Session;
  readonly message: Message;
  readonly namespace: string;
  readonly type: string;
  /** `''` when the resource has two parts. */
  readonly name: string;
  /** Sends an answer or another message to the node; `object` is what it carries. */
  send(message: Message, object?: StoredObject): Promise<void>;
}

export type UpstreamHandler = (call: UpstreamCall, context: UpstreamContext) => Promise<void>;

export interface AnswerOptions {
  /** Default: the resource asked about. */
  readonly resource?: string;
  readonly resourceVersion?: string;
  /** Default `edgecontroller`. */
  readonly source?: string;
  readonly group?: string;
}

/** The answer to a call (wire.md §6.2). */
export function answer(call: UpstreamCall, content: unknown, options: AnswerOptions = {}): Message {
  return createMessage<unknown>({
    parentId: call.message.id,
    source: options.source ?? CloudSource.edgecontroller,
    group: options.group ?? Group.resource,
    operation: Operation.response,
    resource: options.resource ?? call.message.resource,
    resourceVersion: options.resourceVersion ?? '',
    content,
  });
}

/** `{Object, Err: null}`: objects in answers to writes carry no type (edged.md §10.2). */
export function objectAnswer(call: UpstreamCall, object: StoredObject, { versioned = true } = {}): Message {
  const content: ObjectResp = { Object: withoutType(object), Err: null };
  return answer(call, content, versioned ? { resourceVersion: object.metadata.resourceVersion } : {});
}

/** `{Object, Err}` of a failed write; Go leaves an empty object beside the error. */
export function objectFailure(call: UpstreamCall, error: unknown, empty: KubeObject | null): Message {
  const content: ObjectResp = { Object: empty, Err: errStatus(error) };
  return answer(call, content);
}
