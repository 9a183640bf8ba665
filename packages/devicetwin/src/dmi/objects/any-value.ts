import { encode } from '@edgecore/grpc';
import { BoolValue, FloatValue, Int64Value, StringValue } from '../messages.js';

const TYPE_PREFIX = 'type.googleapis.com/google.protobuf.';
const INT64_LIMIT = 2 ** 63;

export interface AnyInit {
  readonly typeUrl: string;
  readonly value: Buffer;
}

/**
 * The values of a free JSON object (`configData`) as mappers can read them
 * (devicetwin.md §10.3); `null` is left out.
 */
export function anyValues(object: Readonly<Record<string, unknown>>): Map<string, AnyInit> {
  const values = new Map<string, AnyInit>();
  for (const [key, value] of Object.entries(object)) {
    const any = anyValue(value);
    if (any) values.set(key, any);
  }
  return values;
}

/** `undefined` for `null`. Lists and objects, which mappers cannot read, become their JSON text. */
export function anyValue(value: unknown): AnyInit | undefined {
  switch (typeof value) {
    case 'string':
      return wrapped('StringValue', encode(StringValue, { value }));
    case 'boolean':
      return wrapped('BoolValue', encode(BoolValue, { value }));
    case 'number':
      return numberValue(value);
    case 'object':
      return value === null
        ? undefined
        : wrapped('StringValue', encode(StringValue, { value: JSON.stringify(value) }));
    default:
      return undefined;
  }
}

/**
 * A float of 32 bits as upstream, where that is exact or the number has a
 * fraction; other whole numbers keep all their digits. What is too large for
 * both would arrive as infinity, which no configuration can hold: as text.
 */
function numberValue(value: number): AnyInit {
  const float = Math.fround(value);
  if (float !== value && Number.isInteger(value) && Math.abs(value) < INT64_LIMIT) {
    return wrapped('Int64Value', encode(Int64Value, { value: BigInt(value) }));
  }
  return Number.isFinite(float)
    ? wrapped('FloatValue', encode(FloatValue, { value: float }))
    : wrapped('StringValue', encode(StringValue, { value: String(value) }));
}

function wrapped(type: string, value: Buffer): AnyInit {
  return { typeUrl: TYPE_PREFIX + type, value };
}
