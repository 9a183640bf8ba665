/** A query as Go's `url.Values.Encode` writes it: sorted by key, a key's values in their order. */
export function goQuery(values: readonly (readonly [key: string, value: string])[]): string {
  return [...values]
    .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
    .map(([key, value]) => `${encoded(key)}=${encoded(value)}`)
    .join('&');
}

function encoded(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
