import type { CloudProfile } from '@edgecore/api';
import type { Device } from '../model/device.js';
import { localTime, parseLastOnline, rfc3339 } from './last-online.js';

/** The state as MQTT clients read it: both forms of the time (devicetwin.md §7.3). */
export function statePayload(eventId: string, timestamp: number, device: Device): string {
  const lastOnline = parseLastOnline(device.lastOnline);
  return JSON.stringify({
    event_id: eventId,
    timestamp,
    device: {
      name: device.name,
      state: device.state,
      ...(lastOnline === undefined
        ? {}
        : { last_online: device.lastOnline, lastOnlineTime: rfc3339(lastOnline) }),
    },
  });
}

/** The state as the cloud reads it: the profile's own form of the time. */
export function stateReport(
  eventId: string,
  timestamp: number,
  device: Device,
  { deviceStateTime }: CloudProfile,
): string {
  const lastOnline = parseLastOnline(device.lastOnline);
  const form = deviceStateTime === 'last_online' ? localTime : rfc3339;
  return JSON.stringify({
    event_id: eventId,
    timestamp,
    device: {
      name: device.name,
      state: device.state,
      ...(lastOnline === undefined ? {} : { [deviceStateTime]: form(lastOnline) }),
    },
  });
}
