import { GrpcCode, GrpcError } from './status.js';

const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};
const MAX_DIGITS = 99_999_999;
/** Longer ones would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Milliseconds of a `grpc-timeout` header (at most eight digits and a unit); `undefined` when there is none.
 *
 * @throws {GrpcError} INTERNAL for anything else, as gRPC servers do.
 */
export function readTimeout(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(String(header)) ?? [];
  if (digits === undefined || unit === undefined) {
    throw new GrpcError(GrpcCode.INTERNAL, `malformed grpc-timeout: ${JSON.stringify(String(header))}`);
  }
  return Number(digits) * UNIT_MS[unit]!;
}

/** The header for so many milliseconds, in the finest of milliseconds and seconds that can hold them. */
export function writeTimeout(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms));
  return whole <= MAX_DIGITS ? `${whole}m` : `${Math.min(Math.ceil(whole / 1000), MAX_DIGITS)}S`;
}

/** What `setTimeout` can wait. */
export function timerMs(ms: number): number {
  return Math.min(Math.max(0, ms), MAX_TIMER_MS);
}
