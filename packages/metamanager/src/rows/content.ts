import { answerError, isObjectResp, isRecord, type KubeObject } from '@edgecore/api';
import { parseJson } from '@edgecore/beehive';
import { UnacceptableMessageError } from '../errors.js';

/**
 * The object a message carries. Never `"OK"`, an error body or null: those are
 * no objects to store (metamanager.md §11).
 *
 * @throws {UnacceptableMessageError}
 */
export function objectContent(content: unknown): KubeObject {
  const value = structuredContent(content);
  const error = answerError(value);
  if (error) throw new UnacceptableMessageError(`the content is an error, not an object: ${error.message}`);
  if (!isRecord(value) || isObjectResp(value)) {
    throw new UnacceptableMessageError(`the content is ${nameOf(value)}, not an object`);
  }
  return value;
}

/**
 * The array a list message carries; null is the empty list (metamanager.md §11).
 * @throws {UnacceptableMessageError}
 */
export function listContent(content: unknown): unknown[] {
  const value = structuredContent(content);
  if (value === null) return [];
  if (!Array.isArray(value)) {
    throw new UnacceptableMessageError(`the content is ${nameOf(value)}, not a list`);
  }
  return value;
}

/** Content as JSON values: text and bytes are read as JSON, as today's cloud does (wire.md §1.4). */
function structuredContent(content: unknown): unknown {
  if (typeof content !== 'string' && !(content instanceof Uint8Array)) return content;
  const text = typeof content === 'string' ? content : Buffer.from(content).toString('utf8');
  try {
    return parseJson(text);
  } catch {
    throw new UnacceptableMessageError('the content is text that is not JSON');
  }
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'a list';
  return isRecord(value) ? 'an answer' : `a ${typeof value}`;
}
