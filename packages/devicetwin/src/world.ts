import { randomUUID } from 'node:crypto';
import type { CloudLink, Logger, Metrics } from '@edgecore/api';
import { Group, ModuleName, Operation } from '@edgecore/api';
import { createMessage, type Message } from '@edgecore/beehive';
import type { Draft } from './lanes/draft.js';
import { type DeviceAnswer, deviceTopic, nodeTopic } from './topics.js';

/** What operations need of their surroundings. */
export interface World {
  readonly nodeName: string;
  readonly link: CloudLink;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly expectedConflict: 'edge' | 'cloud';
  now(): number;
  /** Hands a payload to EventBus. */
  publish(topic: string, payload: string): Promise<void>;
  /** Sends a message to the cloud, once, without waiting for an answer. */
  tellCloud(message: Message): Promise<void>;
}

export function newEventId(): string {
  return randomUUID();
}

/** Once the draft is on disk: a payload for those who listen to the device. */
export function answer(draft: Draft, world: World, end: DeviceAnswer, payload: string): void {
  const topic = deviceTopic(draft.id, end);
  draft.after(() => world.publish(topic, payload));
}

/** Once the draft is on disk: a payload for those who listen to the node. */
export function announce(
  draft: Draft,
  world: World,
  end: 'membership/updated' | 'membership/get/result',
  payload: string,
): void {
  draft.after(() => world.publish(nodeTopic(world.nodeName, end), payload));
}

/** A report of ours; CloudHub looks at the source (devicetwin.md §1). */
export function cloudMessage<Content>(resource: string, content: Content): Message<Content> {
  return createMessage<Content>({
    source: ModuleName.twin,
    group: Group.resource,
    operation: Operation.update,
    resource,
    content,
  });
}

export function publishMessage(topic: string, payload: string): Message<string> {
  return createMessage<string>({
    source: ModuleName.twin,
    group: Group.bus,
    operation: Operation.publish,
    resource: topic,
    content: payload,
  });
}
