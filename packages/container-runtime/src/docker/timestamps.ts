/** Milliseconds since the epoch of Go's RFC 3339 text; 0 for its zero time and for nothing. */
export function milliseconds(text: string | undefined): number {
  const value = text ? Date.parse(text) : 0;
  return Number.isFinite(value) && value > 0 ? value : 0;
}
