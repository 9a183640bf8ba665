import { hasCode } from '@edgecore/api';
import { GrpcCode, GrpcError } from './grpc/status.js';
import type { UnaryHandler } from './grpc/unary-call.js';
import {
  Empty,
  MapperRegisterRequest,
  MapperRegisterResponse,
  ReportDeviceStatesRequest,
  ReportDeviceStatusRequest,
} from './messages.js';
import { decode } from './proto/decode.js';
import { encode } from './proto/encode.js';
import type { Decoded, Init, MessageType, Shape } from './proto/message-type.js';

/** What mappers may ask of the edge; what a method throws is the call's status. */
export interface ManagerService {
  register(request: Decoded<typeof MapperRegisterRequest>): Promise<Init<typeof MapperRegisterResponse>>;
  reportStatus(request: Decoded<typeof ReportDeviceStatusRequest>): Promise<object>;
  reportStates(request: Decoded<typeof ReportDeviceStatesRequest>): Promise<object>;
}

export const MANAGER_SERVICE = '/v1beta1.DeviceManagerService/';

/** The methods of `v1beta1.DeviceManagerService` by path (devicetwin.md §10.2). */
export function managerMethods(service: ManagerService): ReadonlyMap<string, UnaryHandler> {
  return new Map([
    [
      `${MANAGER_SERVICE}MapperRegister`,
      unary(MapperRegisterRequest, MapperRegisterResponse, (request) => service.register(request)),
    ],
    [
      `${MANAGER_SERVICE}ReportDeviceStatus`,
      unary(ReportDeviceStatusRequest, Empty, (request) => service.reportStatus(request)),
    ],
    [
      `${MANAGER_SERVICE}ReportDeviceStates`,
      unary(ReportDeviceStatesRequest, Empty, (request) => service.reportStates(request)),
    ],
  ]);
}

function unary<Request extends Shape, Answer extends Shape>(
  request: MessageType<Request>,
  answer: MessageType<Answer>,
  handle: (request: Decoded<MessageType<Request>>) => Promise<Init<MessageType<Answer>>>,
): UnaryHandler {
  return async (bytes) => encode(answer, await handle(parsed(request, bytes)));
}

function parsed<S extends Shape>(type: MessageType<S>, bytes: Buffer): Decoded<MessageType<S>> {
  try {
    return decode(type, bytes);
  } catch (error) {
    if (!hasCode(error, 'ERR_MALFORMED_MESSAGE')) throw error;
    throw new GrpcError(GrpcCode.INTERNAL, `the request is no ${type.name}: ${(error as Error).message}`);
  }
}
