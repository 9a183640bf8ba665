import { unframe } from '../grpc/frame.js';
import { decodeMessage } from '../proto/decode.js';
import { encodeMessage } from '../proto/encode.js';
import type { MessageType } from '../proto/message-type.js';

/** Of `HealthCheckResponse.ServingStatus`, by number. */
const STATUS_NAMES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

const REQUEST: MessageType = [{ number: 1, name: 'service', kind: 'string' }];
const RESPONSE: MessageType = [{ number: 1, name: 'status', kind: { enumeration: STATUS_NAMES } }];

/** A `HealthCheckRequest` of `grpc.health.v1.Health/Check`, without framing. */
export function healthRequest(service: string): Uint8Array {
  return encodeMessage(REQUEST, { service });
}

/**
 * The status in a framed `HealthCheckResponse`: its name, or the number where it has none.
 *
 * @throws Error when it is not one uncompressed message, or is cut.
 */
export function healthStatus(body: Buffer): string {
  const { status = 0 } = decodeMessage(RESPONSE, unframe(body)) as { status?: number };
  return STATUS_NAMES[status] ?? String(status);
}
