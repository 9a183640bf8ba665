import { isRecord } from '@edgecore/api';
import {
  type AnyMessage,
  type Field,
  type Init,
  isMessage,
  type MessageType,
  type Shape,
} from '@edgecore/grpc';
import { AnomalyDetection, CustomizedValue } from '../messages.js';
import { anyValues } from './any-value.js';

const INT64_LIMIT = 2 ** 63;

/**
 * A message from an object of Kubernetes: fields are taken by name, whatever
 * the case of their letters; values of another type are left out.
 */
export function fromObject<S extends Shape>(
  type: MessageType<S>,
  object: Readonly<Record<string, unknown>>,
): Init<MessageType<S>> {
  return convert(type, object) as Init<MessageType<S>>;
}

function convert(type: AnyMessage, object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (type === CustomizedValue || type === AnomalyDetection) return { data: anyValues(object) };
  const byLowerCase = new Map(Object.entries(object).map(([key, value]) => [key.toLowerCase(), value]));
  const values: Record<string, unknown> = {};
  for (const field of type.fields) {
    const value = convertField(field, byLowerCase.get(field.name.toLowerCase()));
    if (value !== undefined) values[field.name] = value;
  }
  return values;
}

function convertField({ many, kind }: Field, value: unknown): unknown {
  const one = (item: unknown) => convertValue(kind, item);
  if (many === 'repeated') {
    return Array.isArray(value) ? value.map(one).filter((item) => item !== undefined) : undefined;
  }
  if (many === 'map') {
    if (!isRecord(value)) return undefined;
    const entries = Object.entries(value).map(([key, item]) => [key, one(item)] as const);
    return new Map(entries.filter(([, item]) => item !== undefined));
  }
  return one(value);
}

function convertValue(kind: Field['kind'], value: unknown): unknown {
  if (isMessage(kind)) return isRecord(value) ? convert(kind, value) : undefined;
  switch (kind) {
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'bool':
      return typeof value === 'boolean' ? value : undefined;
    case 'int32':
      return Number.isInteger(value) && ((value as number) | 0) === value ? value : undefined;
    case 'int64':
      return Number.isInteger(value) && Math.abs(value as number) < INT64_LIMIT
        ? BigInt(value as number)
        : undefined;
    case 'float':
      return typeof value === 'number' ? value : undefined;
    case 'bytes':
      return typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
  }
}
