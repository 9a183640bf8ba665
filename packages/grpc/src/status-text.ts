/** Headers are kept small, whatever an error has to say. In UTF-16 units, before encoding. */
const MAX_LENGTH = 1024;

/** For `grpc-message`: UTF-8 with everything outside printable ASCII, and `%`, percent-encoded. */
export function encodeStatusText(text: string): string {
  return Array.from(Buffer.from(text.slice(0, MAX_LENGTH), 'utf8'), (byte) =>
    byte < 0x20 || byte > 0x7e || byte === 0x25
      ? `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
      : String.fromCharCode(byte),
  ).join('');
}

/** What is not percent-encoded UTF-8 is shown as it came. */
export function decodeStatusText(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
