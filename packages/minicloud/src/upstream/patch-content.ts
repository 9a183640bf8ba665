import { isRecord } from '@edgecore/api';
import { jsonProblem } from '../json-problem.js';
import { badRequest } from '../objects/api-status.js';

/** Reads a patch: a JSON string or an object; base64 is neither (compat.md §2). @throws {ApiError} BadRequest in the API server's words. */
export function parsePatch(content: unknown): Record<string, unknown> {
  if (isRecord(content)) return content;
  if (typeof content !== 'string') throw badRequest('json: cannot unmarshal the patch into an object');
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw badRequest(jsonProblem(content));
  }
  if (!isRecord(value)) throw badRequest('json: cannot unmarshal the patch into an object');
  return value;
}
