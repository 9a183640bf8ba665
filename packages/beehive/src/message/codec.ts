import { isRecord } from '@edgecore/api';
import { MalformedMessageError } from '../errors.js';
import { parseJson, stringifyJson } from './json.js';
import type { Message } from './message.js';
import { createMessage } from './message.js';

/**
 * The JSON text of a message. Every header and route key is written, even
 * when empty: a 2020 cloud keeps the value of the previous frame for a key
 * that is absent (wire.md §2.6). `sync` goes out as it is; the hub clears it.
 */
export function encodeMessage(message: Message): string {
  return stringifyJson({
    header: {
      msg_id: message.id,
      parent_msg_id: message.parentId,
      timestamp: message.timestamp,
      resourceversion: message.resourceVersion,
      sync: message.sync,
    },
    route: {
      source: message.source,
      group: message.group,
      operation: message.operation,
      resource: message.resource,
    },
    content: message.content ?? null,
  });
}

/**
 * Reads the JSON text of a message. Unknown keys are ignored, keys match
 * without regard to case, absent and `null` mean empty (wire.md §1.6).
 *
 * @throws {MalformedMessageError} when the text is not JSON or a field has the wrong type.
 */
export function decodeMessage(data: string | Uint8Array): Message {
  const text =
    typeof data === 'string'
      ? data
      : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8');
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw new MalformedMessageError('not JSON', text, { cause });
  }
  if (!isRecord(value)) throw new MalformedMessageError('not a JSON object', text);
  const top = lowerKeys(value);
  const header = section(top, 'header', text);
  const route = section(top, 'route', text);
  return createMessage<unknown>({
    id: stringField(header, 'msg_id', text),
    parentId: stringField(header, 'parent_msg_id', text),
    timestamp: timestampField(header, text),
    resourceVersion: stringField(header, 'resourceversion', text),
    sync: booleanField(header, 'sync', text),
    source: stringField(route, 'source', text),
    group: stringField(route, 'group', text),
    operation: stringField(route, 'operation', text),
    resource: stringField(route, 'resource', text),
    content: top['content'] ?? null,
  });
}

function lowerKeys(record: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = Object.create(null);
  for (const [key, value] of Object.entries(record)) out[key.toLowerCase()] = value;
  return out;
}

function section(top: Record<string, unknown>, name: string, text: string): Record<string, unknown> {
  const value = top[name];
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw new MalformedMessageError(`${name} is not an object`, text);
  return lowerKeys(value);
}

function stringField(record: Record<string, unknown>, key: string, text: string): string {
  const value = record[key];
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new MalformedMessageError(`${key} is not a string`, text);
  return value;
}

function booleanField(record: Record<string, unknown>, key: string, text: string): boolean {
  const value = record[key];
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw new MalformedMessageError(`${key} is not a boolean`, text);
  return value;
}

function timestampField(record: Record<string, unknown>, text: string): number {
  const value = record['timestamp'];
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new MalformedMessageError('timestamp is not an integer', text);
  }
  return value;
}
