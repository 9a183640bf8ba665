import { type Decoded, type Init, type UnaryHandler, unary } from '@edgecore/grpc';
import {
  MapperRegister,
  type MapperRegisterRequest,
  type MapperRegisterResponse,
  ReportDeviceStates,
  type ReportDeviceStatesRequest,
  ReportDeviceStatus,
  type ReportDeviceStatusRequest,
} from './messages.js';

/** What mappers may ask of the edge; what a method throws is the call's status. */
export interface ManagerService {
  register(request: Decoded<typeof MapperRegisterRequest>): Promise<Init<typeof MapperRegisterResponse>>;
  reportStatus(request: Decoded<typeof ReportDeviceStatusRequest>): Promise<object>;
  reportStates(request: Decoded<typeof ReportDeviceStatesRequest>): Promise<object>;
}

/** The methods of `v1beta1.DeviceManagerService` by path (devicetwin.md §10.2). */
export function managerMethods(service: ManagerService): ReadonlyMap<string, UnaryHandler> {
  return new Map([
    unary(MapperRegister, (request) => service.register(request)),
    unary(ReportDeviceStatus, (request) => service.reportStatus(request)),
    unary(ReportDeviceStates, (request) => service.reportStates(request)),
  ]);
}
