/** gRPC's framing of a message: one byte "compressed", four bytes of length, the message. */
export const HEADER_BYTES = 5;

/** A message with its header, uncompressed. */
export function framed(message: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}
