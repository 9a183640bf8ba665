/** What Go's JSON decoder says about a text that is not JSON, for the answers that quote it. */
export function jsonProblem(text: string): string {
  const start = text.trimStart()[0];
  if (start === undefined) return 'unexpected end of JSON input';
  if (!/[{["\dtfn-]/.test(start)) return `invalid character '${start}' looking for beginning of value`;
  return 'the text is not valid JSON';
}
