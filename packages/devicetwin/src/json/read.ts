/** The text is not what the message type asks for. */
export class MalformedError extends Error {}

/** A JSON object, its keys as they came. */
export type JsonObject = Readonly<Record<string, unknown>>;

const decoder = new TextDecoder();

/**
 * Content of a message as a JSON object: it arrives as an object, as text or
 * as bytes (devicetwin.md §1).
 * @throws {MalformedError}
 */
export function objectOf(content: unknown): JsonObject {
  if (content instanceof Uint8Array) return objectOf(decoder.decode(content));
  if (typeof content !== 'string') return objectValue(content, 'the content');
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw new MalformedError((error as Error).message);
  }
  return objectValue(value, 'the content');
}

/**
 * The fields of an object by their names in lower case: Go's decoder takes
 * any case, and the last of several wins (devicetwin.md §5).
 */
export function* fieldsOf(object: JsonObject): Generator<[name: string, value: unknown]> {
  for (const key of Object.keys(object)) {
    const value = object[key];
    // null leaves the zero value.
    if (value !== null) yield [key.toLowerCase(), value];
  }
}

export function objectValue(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedError(`${what} is not an object`);
  }
  return value as JsonObject;
}

export function textValue(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new MalformedError(`${what} is not a text`);
  return value;
}

export function flagValue(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') throw new MalformedError(`${what} is neither true nor false`);
  return value;
}

const INT64 = 2 ** 63;

export function integerValue(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value >= INT64 || value < -INT64) {
    throw new MalformedError(`${what} is not an integer`);
  }
  return value;
}
