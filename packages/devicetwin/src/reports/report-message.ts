import type { CloudProfile } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import type { Device } from '../model/device.js';
import { stateReport } from '../state/payloads.js';
import { reportedTwin, sortedRecord, type TwinMessage } from '../twins/twin-message.js';
import { cloudMessage, newEventId } from '../world.js';
import { sidesOf } from './marks.js';

/** The marked twins as they stand now; `undefined` when there is nothing to say of them (devicetwin.md §8.2). */
export function twinReport(
  device: Device,
  marks: ReadonlyMap<string, number>,
  now: number,
): Message | undefined {
  const twins: [string, TwinMessage][] = [];
  for (const [key, bits] of marks) {
    const twin = device.twins.get(key);
    if (!twin) continue;
    const message = reportedTwin(twin, sidesOf(bits));
    if (message.expected || message.actual) twins.push([key, message]);
  }
  if (twins.length === 0) return undefined;
  const content = { event_id: newEventId(), timestamp: now, twin: sortedRecord(twins) };
  return cloudMessage(`device/${device.id}/twin/edge_updated`, content);
}

/** The state as it stands now (§7.3). */
export function stateMessage(device: Device, profile: CloudProfile, now: number): Message {
  const content = stateReport(newEventId(), now, device, profile);
  return cloudMessage(`device/${device.id}/${profile.deviceStateResource}`, content);
}
