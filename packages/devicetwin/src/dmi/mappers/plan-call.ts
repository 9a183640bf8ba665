import { DeviceModelRequest, DeviceRequest, RemoveRequest } from '../messages.js';
import type { Wanted } from '../objects/inventory.js';
import type { ObjectKey } from '../objects/stored-object.js';
import { encode } from '../proto/encode.js';

/** A call to a mapper, and what the mapper has of the object afterwards. */
export interface PlannedCall {
  /** Of `v1beta1.DeviceMapperService`. */
  readonly method: string;
  readonly request: Buffer;
  /** `undefined` when the mapper does not have it any more. */
  readonly has: string | undefined;
}

/** The call that brings a mapper from what it has (a digest) to what it should have; `undefined` when none is needed. */
export function planCall(key: ObjectKey, wanted: Wanted, has: string | undefined): PlannedCall | undefined {
  switch (wanted.kind) {
    case 'keep':
      return undefined;
    case 'none':
      return has === undefined ? undefined : removal(key);
    case 'device':
      if (has === wanted.digest) return undefined;
      return {
        method: has === undefined ? 'RegisterDevice' : 'UpdateDevice',
        request: encode(DeviceRequest, { device: wanted.device }),
        has: wanted.digest,
      };
    case 'model':
      if (has === wanted.digest) return undefined;
      return {
        method: has === undefined ? 'CreateDeviceModel' : 'UpdateDeviceModel',
        request: encode(DeviceModelRequest, { model: wanted.model }),
        has: wanted.digest,
      };
  }
}

function removal({ type, name, namespace }: ObjectKey): PlannedCall {
  return {
    method: type === 'device' ? 'RemoveDevice' : 'RemoveDeviceModel',
    request: encode(RemoveRequest, { name, namespace }),
    has: undefined,
  };
}
