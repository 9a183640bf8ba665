const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const PART = new RegExp(`(\\d+(?:\\.\\d*)?|\\.\\d+)(${Object.keys(UNIT_MS).join('|')})`, 'y');

/**
 * Milliseconds of a Go duration string (`1m30s`, `100ms`, `0`, `-1.5h`).
 * `undefined` when the text is none.
 */
export function parseDuration(text: string): number | undefined {
  const body = text.replace(/^[-+]/, '');
  if (body === '0') return 0;
  if (body === '') return undefined;
  let total = 0;
  let at = 0;
  while (at < body.length) {
    PART.lastIndex = at;
    const match = PART.exec(body);
    if (!match) return undefined;
    total += Number(match[1]) * UNIT_MS[match[2]!]!;
    at = PART.lastIndex;
  }
  return text.startsWith('-') ? -total : total;
}
