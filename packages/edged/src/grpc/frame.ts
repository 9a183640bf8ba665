/** gRPC's framing of a message: one byte "compressed", four bytes of length, the message. */
const HEADER_BYTES = 5;

/** A message ready to be sent. */
export function frame(message: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

/** The message in the body of an answer. @throws Error when it is not one whole uncompressed message. */
export function unframe(body: Buffer): Buffer {
  if (body.length < HEADER_BYTES) throw new Error('the answer has no message');
  if (body[0] !== 0) throw new Error('the answer is compressed, which was not offered');
  const message = body.subarray(HEADER_BYTES);
  if (body.readUInt32BE(1) !== message.length) throw new Error('the answer is not one whole message');
  return message;
}
