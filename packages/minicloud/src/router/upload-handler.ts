import { Group, ModuleName, Operation } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import type { UpstreamHandler } from '../upstream/upstream-call.js';

/** Is it for the router? The cloud of 2020 had none; here it takes the answers to the calls it makes all the same. */
export function isRouted(message: Message, profile: string): boolean {
  const { operation, group, source, parentId } = message;
  if (operation !== Operation.upload || group !== Group.user) return false;
  return profile === 'current' || (source === ModuleName.servicebus && parentId !== '');
}

/** U24, U25: answers to calls, requests of applications, MQTT messages. Listeners are told of the last. */
export const routeUpload: UpstreamHandler = async ({ node, message }, { events, router }) => {
  const { source, parentId, resource, content } = message;
  if (parentId !== '') router.answered(node, message);
  else router.uploaded(node, message);
  if (source !== ModuleName.servicebus) events.emit('upload', { node, topic: resource, payload: content });
};
