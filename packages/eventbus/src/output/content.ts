import { isRecord } from '@edgecore/api';
import { parseJson } from '@edgecore/beehive';

/** What is published of a content as it is: text or bytes, nothing else. */
export function payloadOf(content: unknown): Uint8Array | string | undefined {
  return typeof content === 'string' || content instanceof Uint8Array ? content : undefined;
}

/**
 * The inner object of a `message` and its topic. The cloud sends the content
 * as an object, as JSON text, or (over QUIC) as its bytes (eventbus.md §5).
 */
export function topicOfMessage(content: unknown): { topic: string; body: object } | undefined {
  const outer = typeof content === 'string' ? parsed(content) : jsonOf(content);
  const body = isRecord(outer) ? outer['message'] : undefined;
  const topic = isRecord(body) ? body['topic'] : undefined;
  return isRecord(body) && typeof topic === 'string' ? { topic, body } : undefined;
}

/** A content as a JSON value: bytes are read as JSON text, or else as text. */
export function jsonOf(content: unknown): unknown {
  if (!(content instanceof Uint8Array)) return content;
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('utf8');
  return parsed(text) ?? text;
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
