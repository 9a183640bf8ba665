import { ApiError } from '../errors.js';
import { badRequest } from '../objects/api-status.js';
import { goQuery } from './go-query.js';

const NUMBERS: Readonly<Record<string, number>> = { tailLines: 0, sinceSeconds: 1, limitBytes: 1 };
const FLAGS = ['follow', 'previous', 'timestamps'];
const OTHERS = ['sinceTime', 'stream'];

/**
 * The query for edged's `/containerLogs`. Checked here: the tunnel carries no status,
 * so edged's refusal would be shown as if it were the log.
 *
 * @throws {ApiError} BadRequest or Invalid.
 */
export function logQuery(query: URLSearchParams): string {
  const pairs: [string, string][] = [];
  for (const [key, least] of Object.entries(NUMBERS)) {
    const value = query.get(key);
    if (value === null || value === '') continue;
    if (!/^[+-]?\d{1,15}$/.test(value)) throw badRequest(`${key}: "${value}" is not a whole number`);
    if (Number(value) < least) throw invalid(`${key}: "${value}" must be at least ${least}`);
    pairs.push([key, value]);
  }
  for (const key of FLAGS) {
    const value = query.get(key);
    if (value !== null && value !== '0' && value.toLowerCase() !== 'false') pairs.push([key, 'true']);
  }
  for (const key of OTHERS) {
    const value = query.get(key);
    if (value !== null && value !== '') pairs.push([key, value]);
  }
  if (query.get('sinceTime') && query.get('sinceSeconds')) {
    throw invalid('at most one of sinceTime and sinceSeconds may be given');
  }
  if (query.get('sinceTime') && Number.isNaN(Date.parse(query.get('sinceTime')!))) {
    throw badRequest(`sinceTime: "${query.get('sinceTime')}" is not a time such as 2026-01-02T15:04:05Z`);
  }
  return goQuery(pairs);
}

function invalid(message: string): ApiError {
  return new ApiError('Invalid', 422, message);
}
