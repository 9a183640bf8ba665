import { HttpProblem } from '../http-answer.js';

/** What a request for logs asks for. */
export interface LogQuery {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  /** Milliseconds since the epoch. */
  readonly sinceMs?: number;
}

/**
 * Reads the query of `/containerLogs` (edged.md §12.2).
 *
 * @throws {HttpProblem} 400 for what cannot be read, 422 for what makes no sense.
 */
export function parseLogQuery(query: URLSearchParams, now: number): LogQuery {
  const follow = flag(query, 'follow');
  const previous = flag(query, 'previous');
  const timestamps = flag(query, 'timestamps');
  const tailLines = integer(query, 'tailLines') ?? legacyTail(query);
  const limitBytes = integer(query, 'limitBytes');
  const sinceSeconds = integer(query, 'sinceSeconds');
  const sinceTime = time(query, 'sinceTime');
  const stream = query.get('stream') ?? '';
  if (
    (tailLines !== undefined && tailLines < 0) ||
    (limitBytes !== undefined && limitBytes < 1) ||
    (sinceSeconds !== undefined && (sinceSeconds < 1 || sinceTime !== undefined))
  ) {
    throw new HttpProblem(422, '{"message": "Invalid request."}');
  }
  if (stream !== '' && stream !== 'All') throw undecodable();
  const sinceMs = sinceSeconds === undefined ? sinceTime : now - sinceSeconds * 1000;
  return {
    follow,
    previous,
    timestamps,
    ...(tailLines !== undefined && { tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
    ...(sinceMs !== undefined && { sinceMs }),
  };
}

function undecodable(): HttpProblem {
  return new HttpProblem(400, '{"message": "Unable to decode query."}');
}

/** As Go's decoder of queries: absent and `0` and `false` mean no, an empty value and anything else yes. */
function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)?.toLowerCase();
  return value !== undefined && value !== '0' && value !== 'false';
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^[+-]?\d{1,18}$/.test(text)) throw undecodable();
  return Number(text);
}

/** The parameter of before `tailLines`; `all`, or what is no number, is everything. */
function legacyTail(query: URLSearchParams): number | undefined {
  const text = query.get('tail') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function time(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const ms = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw undecodable();
  return ms;
}
