import { MapperOptionsError } from './errors.js';

/** The topics of a device (devicetwin.md §4), the same for both forms of ids. */
export interface DeviceTopics {
  readonly update: string;
  readonly updateResult: string;
  readonly delta: string;
  readonly get: string;
  readonly getResult: string;
  readonly state: string;
  readonly stateResult: string;
}

/** @throws {MapperOptionsError} */
export function deviceTopics(deviceId: string): DeviceTopics {
  if (!/^[^/#+\0\s]+(?:\/[^/#+\0\s]+)?$/.test(deviceId)) {
    throw new MapperOptionsError(
      `the device id ${JSON.stringify(deviceId)} is not <namespace>/<name>, and not a name`,
    );
  }
  const device = `$hw/events/device/${deviceId}`;
  return {
    update: `${device}/twin/update`,
    updateResult: `${device}/twin/update/result`,
    delta: `${device}/twin/update/delta`,
    get: `${device}/twin/get`,
    getResult: `${device}/twin/get/result`,
    state: `${device}/state/update`,
    stateResult: `${device}/state/update/result`,
  };
}
