import { fieldsOf, integerValue, type JsonObject, objectOf, textValue } from './read.js';

/** What every message begins with. */
export interface BaseMessage {
  readonly eventId: string;
}

/** The fields of a message that its type does not share with others, by name in lower case. */
export interface ReadMessage extends BaseMessage {
  readonly rest: ReadonlyMap<string, unknown>;
}

/** @throws {MalformedError} */
export function readMessage(content: unknown): ReadMessage {
  const rest = new Map<string, unknown>();
  let eventId = '';
  for (const [name, value] of fieldsOf(objectOf(content))) {
    if (name === 'event_id') eventId = textValue(value, name);
    else if (name === 'timestamp') integerValue(value, name);
    else rest.set(name, value);
  }
  return { eventId, rest };
}

/** The event id of a message that is refused, as far as it can be read: the sender waits for it. */
export function eventIdOf(content: unknown): string {
  try {
    const object: JsonObject = objectOf(content);
    for (const [name, value] of fieldsOf(object)) {
      if (name === 'event_id' && typeof value === 'string') return value;
    }
  } catch {
    // Not JSON at all: nothing to echo.
  }
  return '';
}
