import { isRecord } from '@edgecore/api';

/** What comes from a cloud or a database may have any shape: these read a field, or say it is not there. */
export function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A port number, 0 when it is none. */
export function portNumber(value: unknown): number {
  const number = typeof value === 'number' ? value : 0;
  return Number.isInteger(number) && number > 0 && number < 65_536 ? number : 0;
}

export function texts(value: unknown): Record<string, string> {
  const entries = Object.entries(record(value));
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
