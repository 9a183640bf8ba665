import { GrpcCode, GrpcError } from './status.js';

const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/**
 * Milliseconds of a `grpc-timeout` header (at most eight digits and a unit); `undefined` when there is none.
 * @throws {GrpcError} INTERNAL for anything else, as gRPC servers do.
 */
export function timeoutMs(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(String(header)) ?? [];
  if (digits === undefined || unit === undefined) {
    throw new GrpcError(GrpcCode.INTERNAL, `malformed grpc-timeout: ${JSON.stringify(String(header))}`);
  }
  return Number(digits) * UNIT_MS[unit]!;
}
