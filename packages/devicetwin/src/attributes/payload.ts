import { attributeMessage } from '../membership/payloads.js';
import { sortedRecord } from '../twins/twin-message.js';
import type { AttributeChange } from './plan.js';

/** The changed attributes; a deleted one is `null` (devicetwin.md §5, DeviceAttrUpdate). */
export function attributesPayload(
  eventId: string,
  timestamp: number,
  changes: readonly AttributeChange[],
): string {
  const attributes = sortedRecord(
    changes.map(({ key, after }) => [key, after ? attributeMessage(after) : null] as const),
  );
  return JSON.stringify({ event_id: eventId, timestamp, attributes });
}
