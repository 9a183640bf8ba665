import { CliError } from '../errors.js';

/** Options of `edgecore logs` that choose what is sent. */
export interface LogOptions {
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly timestamps?: boolean;
  /** -1: everything. */
  readonly tail?: string;
  readonly since?: string;
  readonly sinceTime?: string;
  readonly limitBytes?: string;
}

/**
 * The query of `/containerLogs` (edged.md §12.2).
 * @throws {CliError} for what makes no sense.
 */
export function logQuery(options: LogOptions): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of ['follow', 'previous', 'timestamps'] as const) {
    if (options[name]) query.set(name, 'true');
  }
  const { tail, since, sinceTime, limitBytes } = options;
  if (tail !== undefined && tail !== '-1') query.set('tailLines', whole('tail', tail, 0));
  if (limitBytes !== undefined) query.set('limitBytes', whole('limit-bytes', limitBytes, 1));
  if (since !== undefined && sinceTime !== undefined) {
    throw new CliError('--since and --since-time: only one of the two can be used');
  }
  if (since !== undefined) query.set('sinceSeconds', String(sinceSeconds(since)));
  if (sinceTime !== undefined) {
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/i.test(sinceTime) || Number.isNaN(Date.parse(sinceTime))) {
      throw new CliError(`--since-time ${sinceTime} is no time of RFC 3339, such as 2026-11-23T08:00:00Z`);
    }
    query.set('sinceTime', sinceTime);
  }
  return query;
}

function whole(option: string, text: string, least: number): string {
  if (/^\d{1,15}$/.test(text) && Number(text) >= least) return String(Number(text));
  throw new CliError(`--${option} ${text} is not a whole number of ${least} or more`);
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** Whole seconds of `90s`, `5m` or `1h30m`, rounded up. */
function sinceSeconds(text: string): number {
  if (/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
    let seconds = 0;
    for (const [, value, unit] of text.matchAll(/([\d.]+)(ms|s|m|h)/g)) {
      seconds += Number(value) * UNIT_SECONDS[unit!]!;
    }
    if (seconds > 0) return Math.ceil(seconds);
  }
  throw new CliError(`--since ${text} is no duration, such as 90s, 5m or 1h30m`);
}
