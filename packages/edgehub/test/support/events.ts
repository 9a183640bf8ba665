import { createMessage, type Message } from '@edgecore/beehive';

/** An event of edged with the id `m<n>`. */
export function event(n: number, fields: Partial<Message> = {}): Message {
  return createMessage<unknown>({
    id: `m${n}`,
    source: 'edged',
    operation: 'insert',
    resource: `default/event/e${n}`,
    ...fields,
  });
}

/** Edged's confirmation of the cloud's message `d<n>`. */
export const ack = (n: number): Message => event(n, { operation: 'response', parentId: `d${n}` });
