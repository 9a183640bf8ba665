import { createMessage, type Message } from '@edgecore/beehive';
import type { ServiceAnswer } from '@edgecore/servicebus';

export const base64 = (text: string | Buffer) => Buffer.from(text as string).toString('base64');

/** A request as today's router sends it. */
export function call(
  resource: string,
  content: unknown = { header: {}, body: '' },
  fields: Partial<Message> = {},
): Message {
  return createMessage<unknown>({
    source: 'router_servicebus',
    group: 'user',
    operation: 'GET',
    resource,
    content,
    ...fields,
  });
}

/** `call` with a method and a body. */
export function callWith(
  method: string,
  resource: string,
  body = '',
  header: Record<string, string[]> = {},
): Message {
  return call(resource, { header, body: base64(body), method, url: '' }, { operation: method });
}

/** Status and text of an answer. */
export function read(answer: Message<unknown>): { status: number; text: string } {
  const { status_code: status, body } = answer.content as ServiceAnswer;
  return { status, text: Buffer.from(body, 'base64').toString() };
}

export function headerOf(answer: Message<unknown>): ServiceAnswer['header'] {
  return (answer.content as ServiceAnswer).header;
}
