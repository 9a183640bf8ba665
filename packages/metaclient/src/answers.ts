import type { KubeObject, TokenRequest } from '@edgecore/api';
import {
  answerError,
  errorText,
  isKubeObject,
  isObjectResp,
  isRecord,
  KubeStatusError,
  OK,
  parseResource,
} from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import { parseJson } from '@edgecore/beehive';
import { InvalidAnswerError } from './errors.js';

/** One element of a list that could not be read. The others are unaffected. */
export interface ElementError {
  /** Position in the answer. */
  readonly index: number;
  readonly error: InvalidAnswerError;
}

/** What a list query found. */
export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly errors: readonly ElementError[];
}

/**
 * Reads the answer to a query of one object: an array of one JSON text when it
 * comes from the database, the object or `{Object, Err}` when from the cloud (metamanager.md §8).
 *
 * @throws {KubeStatusError} the error the answer stands for; reason `NotFound` when the database has no row.
 * @throws {InvalidAnswerError} for anything that is not an object with `metadata.name`.
 */
export function decodeObject<T extends KubeObject>(answer: Message, fromDatabase: boolean): T {
  const { resource } = answer;
  let content = answer.content;
  if (fromDatabase && (content === null || Array.isArray(content))) {
    const rows = content ?? [];
    if (rows.length === 0) throw notFound(resource);
    if (rows.length > 1) {
      throw new InvalidAnswerError(resource, `${typeOf(resource)} length from meta db is ${rows.length}`);
    }
    content = parseRow(resource, rows[0]);
  }
  const object = cloudContent(content);
  if (!isKubeObject(object)) throw new InvalidAnswerError(resource, 'no object with metadata.name');
  return object as unknown as T;
}

/** Reads a list from the database, element by element; objects are taken as they are (edged.md §3.1). */
export function decodeList<T extends KubeObject>(answer: Message): ObjectList<T> {
  const { resource, content } = answer;
  if (content !== null && !Array.isArray(content)) {
    throw answerError(content) ?? new InvalidAnswerError(resource, 'no list');
  }
  const items: T[] = [];
  const errors: ElementError[] = [];
  for (const [index, row] of (content ?? []).entries()) {
    try {
      const object = parseRow(resource, row);
      if (!isKubeObject(object)) throw new InvalidAnswerError(resource, 'no object with metadata.name');
      items.push(object as unknown as T);
    } catch (error) {
      if (!(error instanceof InvalidAnswerError)) throw error;
      errors.push({ index, error });
    }
  }
  return { items, errors };
}

/** @throws {KubeStatusError} {@link InvalidAnswerError} unless the answer is `"OK"`. */
export function decodeOk(answer: Message): void {
  if (answer.content === OK) return;
  const error = answerError(answer.content);
  if (error) throw error;
  const text = typeof answer.content === 'string' ? answer.content : '';
  throw new InvalidAnswerError(answer.resource, text === '' ? 'refused without a reason' : text);
}

/** Reads a token; from the database it is a JSON text in an array. */
export function decodeToken(answer: Message): TokenRequest {
  const { resource } = answer;
  let content = answer.content;
  if (Array.isArray(content)) {
    if (content.length !== 1) throw notFound(resource);
    content = parseRow(resource, content[0]);
  }
  const token = cloudContent(content);
  const status = isRecord(token) ? token['status'] : undefined;
  if (!isRecord(status) || typeof status['token'] !== 'string' || status['token'] === '') {
    throw new InvalidAnswerError(resource, 'no token');
  }
  return token as unknown as TokenRequest;
}

function cloudContent(content: unknown): unknown {
  const error = answerError(content);
  if (error) throw error;
  return isObjectResp(content) ? content.Object : content;
}

function parseRow(resource: string, row: unknown): unknown {
  if (typeof row !== 'string') return row;
  try {
    return parseJson(row);
  } catch (error) {
    throw new InvalidAnswerError(resource, `row is not JSON: ${errorText(error)}`, { cause: error });
  }
}

function notFound(resource: string): KubeStatusError {
  const { type, name } = parseResource(resource);
  return new KubeStatusError('NotFound', 404, `${type} "${name}" not found`);
}

function typeOf(resource: string): string {
  return parseResource(resource).type;
}
