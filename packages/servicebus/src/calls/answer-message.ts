import { Group, ModuleName, Operation } from '@edgecore/api';
import { createMessage, type Message } from '@edgecore/beehive';
import type { CallError } from '../errors.js';
import type { ServiceResponse } from './http-call.js';
import type { ResponseHeader } from './response-headers.js';

/** Content of an answer (servicebus.md §2.3). */
export interface ServiceAnswer {
  readonly header: ResponseHeader;
  readonly status_code: number;
  /** Base64, `''` when empty. */
  readonly body: string;
}

/** Marks answers that are not the service's. */
const OWN_HEADER: ResponseHeader = { Server: ['kubeedge-edgecore'] };

/** The answer of a service as the cloud expects it. */
export function serviceAnswer({ status, header, body }: ServiceResponse): ServiceAnswer {
  return { header, status_code: status, body: body.toString('base64') };
}

/** The answer when there is none of the service. */
export function failureAnswer({ status, message }: CallError): ServiceAnswer {
  return { header: OWN_HEADER, status_code: status, body: Buffer.from(message).toString('base64') };
}

/** With another operation than `upload` CloudCore does not hand the answer to its router, and the caller hangs. */
export function answerMessage(requestId: string, content: ServiceAnswer): Message<ServiceAnswer> {
  return createMessage<ServiceAnswer>({
    parentId: requestId,
    source: ModuleName.servicebus,
    group: Group.user,
    operation: Operation.upload,
    content,
  });
}
