import { CONTROL_OPERATIONS } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import { responseTo } from '@edgecore/beehive';

/**
 * The answer to a control message, or `undefined` for any other message.
 * Control messages never reach the application (wire.md §2.5).
 */
export function controlAnswer(message: Message): Message | undefined {
  return CONTROL_OPERATIONS.has(message.operation) ? responseTo(message, 'ack') : undefined;
}
