import { isRecord } from '@edgecore/api';
import type { Fields } from './stored-object.js';

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
/** Decimal suffixes and their power of ten. */
const DECIMAL: Readonly<Record<string, number>> = { m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const QUANTITY = /^(-?)(\d+)(?:\.(\d{1,9}))?(Ki|Mi|Gi|Ti|Pi|Ei|m|k|M|G|T|P|E|)$/;

/**
 * A Kubernetes quantity as the API server writes it: the largest suffix that
 * leaves a whole number (`1024Mi` is `1Gi`, `0.5` is `500m`). What is no
 * quantity, or too fine for milli, comes back as it was.
 */
export function canonicalQuantity(text: string): string {
  const match = QUANTITY.exec(text);
  if (!match) return text;
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match;
  const digits = BigInt(whole + fraction);
  if (digits === 0n) return '0';
  const power = BINARY.indexOf(suffix as (typeof BINARY)[number]);
  if (power > 0) {
    const bytes = digits * 1024n ** BigInt(power);
    const scale = 10n ** BigInt(fraction.length);
    return bytes % scale === 0n ? sign + binary(bytes / scale) : text;
  }
  return decimal(digits, DECIMAL[suffix]! - fraction.length, sign) ?? text;
}

function binary(bytes: bigint): string {
  let rest = bytes;
  let at = 0;
  while (at < BINARY.length - 1 && rest % 1024n === 0n) {
    rest /= 1024n;
    at += 1;
  }
  return `${rest}${BINARY[at]}`;
}

function decimal(value: bigint, exponent: number, sign: string): string | undefined {
  let rest = value;
  let at = exponent;
  while (rest % 10n === 0n) {
    rest /= 10n;
    at += 1;
  }
  const fitting = Object.entries(DECIMAL).filter(([, power]) => power <= at);
  const best = fitting.sort(([, a], [, b]) => b - a)[0];
  return best && `${sign}${rest * 10n ** BigInt(at - best[1])}${best[0]}`;
}

/** Each value of a resource list (`cpu`, `memory`, …) in its canonical form. */
export function canonicalResources(list: unknown): unknown {
  if (!isRecord(list)) return list;
  return Object.fromEntries(
    Object.entries(list).map(([name, value]) => [
      name,
      typeof value === 'string' || typeof value === 'number' ? canonicalQuantity(String(value)) : value,
    ]),
  );
}

/** Some fields of an object that hold resource lists, in canonical form. */
export function withCanonical(object: Fields, fields: readonly string[]): Fields {
  const result = { ...object };
  for (const field of fields) if (field in result) result[field] = canonicalResources(result[field]);
  return result;
}
