/** For options that may be repeated: every value, in order. */
export function collect(value: string, earlier: readonly string[]): string[] {
  return [...earlier, value];
}
