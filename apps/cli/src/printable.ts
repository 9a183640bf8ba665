/** A text somebody else chose, a device say: none of it may steer the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}
