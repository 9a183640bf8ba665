export type ScalarValue = string | number | boolean | null;

const NULLS = new Set(['', '~', 'null', 'Null', 'NULL']);
const TRUE = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']);
const FALSE = new Set(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']);

/**
 * What a plain (unquoted) YAML 1.1 scalar means to upstream's parser; that
 * older standard knows `yes`/`no`/`on`/`off`, octal `0755` and `1_000`.
 */
export function resolvePlain(text: string): ScalarValue {
  if (NULLS.has(text)) return null;
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  return resolveNumber(text) ?? text;
}

function resolveNumber(text: string): number | undefined {
  if (!/^[-+.0-9]/.test(text)) return undefined;
  const digits = text.replaceAll('_', '');
  const sign = digits.startsWith('-') ? -1 : 1;
  const body = digits.replace(/^[-+]/, '');
  if (/^0[xX][0-9a-fA-F]+$|^0[bB][01]+$|^0[oO][0-7]+$/.test(body)) return sign * Number(body);
  if (/^0[0-7]+$/.test(body)) return sign * Number.parseInt(body, 8);
  if (/^(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(body)) return sign * Number(body);
  if (/^\.(inf|Inf|INF)$/.test(body)) return sign * Number.POSITIVE_INFINITY;
  return undefined;
}

/** How upstream writes a YAML number or boolean into a text field: `123`, `true`, `1.1` (32-bit precision). */
export function scalarText(value: number | boolean): string {
  if (typeof value === 'boolean' || Number.isInteger(value)) return String(value);
  for (let digits = 1; digits <= 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return String(short);
  }
  return String(Math.fround(value));
}
