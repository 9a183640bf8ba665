import { InvalidQuantityError } from '../errors.js';

/** Billionths: the finest unit Kubernetes quantities have. */
const NANO = 1_000_000_000n;

const DECIMAL: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY: Readonly<Record<string, bigint>> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
};

/**
 * A Kubernetes quantity (`250m`, `64Mi`, `1e3`, `0.5`) in billionths, rounded
 * up, exact for everything Kubernetes accepts.
 *
 * @throws {InvalidQuantityError}
 */
export function parseQuantity(text: string | number): bigint {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i))?$/.exec(
    String(text).trim(),
  );
  if (!match || (match[2] === '' && (match[3] ?? '') === '')) throw new InvalidQuantityError(String(text));
  const [, sign, whole = '', fraction = '', exponent, suffix = ''] = match;
  let value = BigInt(`${whole}${fraction}` || '0') * NANO;
  let scale = -fraction.length;
  if (exponent !== undefined) scale += Number(exponent);
  else if (suffix in DECIMAL) scale += DECIMAL[suffix]!;
  else value *= BINARY[suffix]!;
  value = scale >= 0 ? value * 10n ** BigInt(scale) : ceilDivide(value, 10n ** BigInt(-scale));
  return sign === '-' ? -value : value;
}

/** Division rounding towards plus infinity; both arguments positive or the dividend zero. */
export function ceilDivide(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

/** Whole units, rounded up: bytes of a memory quantity, cores of a CPU quantity. */
export function quantityValue(text: string | number): number {
  return Number(ceilDivide(parseQuantity(text), NANO));
}

/** Thousandths, rounded up: milli-CPU. */
export function quantityMilliValue(text: string | number): number {
  return Number(ceilDivide(parseQuantity(text), NANO / 1000n));
}
