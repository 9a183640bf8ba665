/** Milliseconds since the epoch of Go's RFC 3339 text; 0 for its zero time and for nothing. */
export function milliseconds(text: string | undefined): number {
  const value = text ? Date.parse(text) : 0;
  return Number.isFinite(value) && value > 0 ? value : 0;
}

const NINE_DIGITS = /\.\d{9}Z$/;
const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** A log record's time with nine fractional digits in UTC: Podman gives whole seconds in its own time zone. */
export function logTime(text: string): string {
  if (NINE_DIGITS.test(text)) return text;
  const [, seconds, fraction = '', zone] = RFC3339.exec(text) ?? [];
  if (seconds === undefined || zone === undefined) return text;
  const ms = Date.parse(seconds + zone);
  if (Number.isNaN(ms)) return text;
  const inUtc = new Date(ms).toISOString().slice(0, seconds.length);
  return `${inUtc}.${fraction.padEnd(9, '0')}Z`;
}
