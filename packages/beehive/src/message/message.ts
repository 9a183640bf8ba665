import { randomUUID } from 'node:crypto';
import { OK, Operation } from '@edgecore/api';

/**
 * One message, flat. On the wire the first five fields form `header`, the
 * next four `route` (beehive.md §4, wire.md §1.1); `''` stands for "absent".
 */
export interface Message<Content = unknown> {
  /** UUID v4; peers treat it as opaque. Wire: `header.msg_id`. */
  readonly id: string;
  /** Id of the message this one answers. Wire: `header.parent_msg_id`. */
  readonly parentId: string;
  /** Creation time, milliseconds since the epoch. */
  readonly timestamp: number;
  /** Kubernetes resourceVersion of the object in `content`, set by the cloud. */
  readonly resourceVersion: string;
  /** A waiter exists in this process; never true on the wire. */
  readonly sync: boolean;
  readonly source: string;
  readonly group: string;
  readonly operation: string;
  /** `<namespace>/<type>[/<name>]` or a literal. */
  readonly resource: string;
  /** Treat as immutable; frozen once it was sent to a group. Bytes are `Uint8Array`. */
  readonly content: Content;
}

/** Makes a message: fresh id, the current time, everything not given empty. */
export function createMessage<Content = null>(fields: Partial<Message<Content>> = {}): Message<Content> {
  return Object.freeze({
    id: fields.id ?? randomUUID(),
    parentId: fields.parentId ?? '',
    timestamp: fields.timestamp ?? Date.now(),
    resourceVersion: fields.resourceVersion ?? '',
    sync: fields.sync ?? false,
    source: fields.source ?? '',
    group: fields.group ?? '',
    operation: fields.operation ?? '',
    resource: fields.resource ?? '',
    content: (fields.content ?? null) as Content,
  });
}

type RouteFields = Partial<Pick<Message, 'source' | 'group' | 'operation' | 'resource' | 'resourceVersion'>>;

/**
 * The response to a message: fresh id, parent = its id, same source, group and
 * resource, operation `response` (wire.md §1.5). `route` overrides single fields.
 */
export function responseTo<Content>(
  request: Message,
  content: Content,
  route: RouteFields = {},
): Message<Content> {
  return createMessage<Content>({
    parentId: request.id,
    source: request.source,
    group: request.group,
    resource: request.resource,
    operation: Operation.response,
    ...route,
    content,
  });
}

/** The acknowledgement of a downstream message (wire.md §5.5). */
export function ackOf(message: Message): Message<string> {
  return responseTo<string>(message, OK);
}

/**
 * The error answer to a message: operation `error`, its resource, content the
 * text (wire.md §1.5; the parent is always the message's own id).
 */
export function errorTo(request: Message, text: string, route: RouteFields = {}): Message<string> {
  return createMessage<string>({
    parentId: request.id,
    resource: request.resource,
    operation: Operation.error,
    ...route,
    content: text,
  });
}

/** A copy with some fields replaced; the id stays unless given. */
export function withFields<Content>(
  message: Message<Content>,
  fields: Partial<Message<Content>>,
): Message<Content> {
  return Object.freeze({ ...message, ...fields });
}

/** True for the internal connected/disconnected event, whichever operation it carries (edgehub.md §5.3). */
export function isConnectionEvent(message: Message): boolean {
  return (
    message.source === 'edgehub' &&
    message.resource === 'node/connection' &&
    (message.operation === Operation.publish || message.operation === Operation.connect)
  );
}
