import { isIP } from 'node:net';
import { hasCode, isRecord } from '@edgecore/api';
import { parseQuantity } from '../../resources/quantity.js';

/**
 * Tells what is wrong with the value of a field, in the words of Kubernetes'
 * API server. Absent and `null` are right everywhere except in `required`.
 */
export type Rule = (value: unknown, path: string, report: (problem: string) => void) => void;

function rule(expectation: string, fits: (value: unknown) => boolean): Rule {
  return (value, path, report) => {
    if (value === undefined || value === null || fits(value)) return;
    report(`${path}: Invalid value: ${shown(value)}: ${expectation}`);
  };
}

export const text = rule('must be a string', (value) => typeof value === 'string');
export const flag = rule('must be a boolean', (value) => typeof value === 'boolean');
export const anObject = rule('must be an object', isRecord);

export function whole(least: number, most: number): Rule {
  const expectation =
    most === Number.MAX_SAFE_INTEGER
      ? `must be greater than or equal to ${least}`
      : `must be between ${least} and ${most}, inclusive`;
  return rule(
    expectation,
    (value) => Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most,
  );
}

/** @param why What the value must look like. */
export function matching(pattern: RegExp, why: string): Rule {
  return rule(why, (value) => typeof value === 'string' && pattern.test(value));
}

export const ipAddress = rule(
  'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  (value) => typeof value === 'string' && isIP(value) > 0,
);

/** A port's number or name. */
export const portOrName = rule(
  'must be a port number or a port name',
  (value) =>
    (typeof value === 'string' && value !== '') ||
    (Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536),
);

export function oneOf(...values: readonly string[]): Rule {
  return (value, path, report) => {
    if (value === undefined || value === null || values.includes(value as string)) return;
    const supported = values.map((one) => JSON.stringify(one)).join(', ');
    report(`${path}: Unsupported value: ${shown(value)}: supported values: ${supported}`);
  };
}

export const quantity: Rule = (value, path, report) => {
  if (value === undefined || value === null) return;
  const number = quantityOf(value);
  if (number === undefined) {
    report(
      `${path}: Invalid value: ${shown(value)}: quantities must match the regular expression ` +
        "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  } else if (number < 0n) {
    report(`${path}: Invalid value: ${shown(value)}: must be greater than or equal to 0`);
  }
};

/** @returns `undefined` for what is no quantity. */
export function quantityOf(value: unknown): bigint | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  try {
    return parseQuantity(value);
  } catch (error) {
    if (hasCode(error, 'ERR_INVALID_QUANTITY')) return undefined;
    throw error;
  }
}

export function required(inner: Rule): Rule {
  return (value, path, report) => {
    if (value === undefined || value === null || value === '') report(`${path}: Required value`);
    else inner(value, path, report);
  };
}

/** @param unique Field no two elements may share. */
export function listOf(inner: Rule, unique?: string): Rule {
  return (value, path, report) => {
    if (value === undefined || value === null) return;
    if (!Array.isArray(value)) {
      report(`${path}: Invalid value: ${shown(value)}: must be a list`);
      return;
    }
    const seen = new Set<unknown>();
    for (const [index, element] of value.entries()) {
      required(inner)(element, `${path}[${index}]`, report);
      if (unique === undefined || !isRecord(element)) continue;
      const key = element[unique];
      if (seen.has(key)) report(`${path}[${index}].${unique}: Duplicate value: ${shown(key)}`);
      if (key !== undefined) seen.add(key);
    }
  };
}

export function mapOf(inner: Rule): Rule {
  return (value, path, report) => {
    anObject(value, path, report);
    if (!isRecord(value)) return;
    for (const [key, element] of Object.entries(value)) inner(element, `${path}[${key}]`, report);
  };
}

/** Fields without a rule may hold anything. */
export function objectOf(fields: Readonly<Record<string, Rule>>, ...more: readonly Rule[]): Rule {
  return (value, path, report) => {
    anObject(value, path, report);
    if (!isRecord(value)) return;
    for (const [key, inner] of Object.entries(fields)) inner(value[key], `${path}.${key}`, report);
    for (const other of more) other(value, path, report);
  };
}

/** Values come from anywhere: they must not make a message long. */
function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 80 ? `${json.slice(0, 80)}…` : json;
}
