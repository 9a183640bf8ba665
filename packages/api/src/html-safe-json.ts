const ESCAPED: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/**
 * JSON as Go's `encoding/json` writes it by default, safe to stand in HTML: `<`, `>`, `&` and the line
 * separators U+2028 and U+2029 are `\u003c` and so on, everywhere in the text, names of fields included.
 * For what is compared or hashed byte for byte (edged.md §4.5, edgestream.md §4).
 *
 * Fields keep the order they have in the object: a struct's order or a map's sorting is the caller's.
 * Throws a `TypeError` for what `JSON.stringify` throws it for: cycles and `bigint`.
 */
export function htmlSafeJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => ESCAPED[character]!);
}
