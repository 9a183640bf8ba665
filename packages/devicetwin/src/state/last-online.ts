import type { CloudProfile } from '@edgecore/api';

/** The time as `last_online` has it with clouds of 2020: local, `YYYY-MM-DD HH:MM:SS`. */
export function localTime(ms: number): string {
  const at = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** RFC 3339 in UTC, whole seconds. */
export function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Milliseconds of either form; `undefined` for `''` and anything else. */
export function parseLastOnline(text: string): number | undefined {
  const local = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(text);
  if (local) {
    const [year, month, day, hour, minute, second] = local.slice(1).map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return new Date(year, month - 1, day, hour, minute, second).getTime();
  }
  const ms = text === '' ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** How the profile in force writes it; before one is known, as today. */
export function lastOnlineText(ms: number, profile: CloudProfile | undefined): string {
  return profile?.deviceStateTime === 'last_online' ? localTime(ms) : rfc3339(ms);
}
