import { hasCode } from '@edgecore/api';
import { GrpcCode, GrpcError } from '@edgecore/grpc';
import type { ReportedTwin, ReportRefusedError } from '../reporter.js';
import type { TwinMessage } from './messages.js';

/** A value from a mapper is not held to MQTT's pattern, but has an end (devicetwin.md §6). */
const MAX_VALUE_BYTES = 64 * 1024;
const MAX_NAME_BYTES = 1024;

/**
 * The twins of a report; a side that is missing is not given, and a twin
 * without any says nothing. Of a property that comes twice the later side counts.
 *
 * @throws {GrpcError} INVALID_ARGUMENT
 */
export function reportedTwins(twins: readonly TwinMessage[]): Record<string, ReportedTwin> {
  const reported: Record<string, ReportedTwin> = Object.create(null);
  for (const { propertyName, observedDesired, reported: actual } of twins) {
    if (propertyName === '') throw invalid('a twin has no propertyName');
    if (Buffer.byteLength(propertyName) > MAX_NAME_BYTES) throw invalid('a propertyName is too long');
    if (!observedDesired && !actual) continue;
    reported[propertyName] = {
      ...reported[propertyName],
      ...(observedDesired && { expected: checked(propertyName, observedDesired.value) }),
      ...(actual && { actual: checked(propertyName, actual.value) }),
    };
  }
  if (Object.keys(reported).length === 0) throw invalid('ReportDeviceStatusRequest does not have twin data');
  return reported;
}

function checked(property: string, value: string): string {
  if (Buffer.byteLength(value) <= MAX_VALUE_BYTES) return value;
  throw invalid(`a value of ${JSON.stringify(property)} has more than ${MAX_VALUE_BYTES} bytes`);
}

/** `<namespace>/<name>`. @throws {GrpcError} INVALID_ARGUMENT when one is missing, with the text given. */
export function deviceId(namespace: string, name: string, otherwise: string): string {
  if (namespace === '' || name === '') throw invalid(otherwise);
  return `${namespace}/${name}`;
}

export function invalid(reason: string): GrpcError {
  return new GrpcError(GrpcCode.INVALID_ARGUMENT, reason);
}

/** What a mapper is told when its report was not taken; other errors stay as they are. */
export function refusal(error: unknown): unknown {
  if (!hasCode(error, 'ERR_REPORT_REFUSED')) return error;
  const { status, message } = error as ReportRefusedError;
  const code =
    status === 400 ? GrpcCode.INVALID_ARGUMENT : status === 404 ? GrpcCode.NOT_FOUND : GrpcCode.INTERNAL;
  return new GrpcError(code, message, { cause: error });
}
