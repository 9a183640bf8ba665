import { encode } from '@edgecore/grpc';
import { DeviceModelRequest, DeviceRequest, RemoveRequest } from '../messages.js';
import type { Wanted } from '../objects/inventory.js';
import type { ObjectKey } from '../objects/stored-object.js';

/** A mapper may have the object or not: a call that would give or take it got no answer. */
const MAYBE = 'maybe';
/** A mapper has the object, in one form or another: an update got no answer. */
const ANY_FORM = 'any form';

/** A call to a mapper, and what the mapper has of the object: a digest, or one of the above; `undefined` is nothing. */
export interface PlannedCall {
  /** Of `v1beta1.DeviceMapperService`. */
  readonly method: string;
  readonly request: Buffer;
  /** Until it is known whether the call arrived. */
  readonly hasMeanwhile: string;
  readonly hasThen: string | undefined;
}

/** The call that brings a mapper from what it has to what it should have; `undefined` when none is needed. */
export function planCall(key: ObjectKey, wanted: Wanted, has: string | undefined): PlannedCall | undefined {
  switch (wanted.kind) {
    case 'keep':
      return undefined;
    case 'none':
      return has === undefined ? undefined : removal(key);
    case 'device':
      return change(has, wanted.digest, ['RegisterDevice', 'UpdateDevice'], () =>
        encode(DeviceRequest, { device: wanted.device }),
      );
    case 'model':
      return change(has, wanted.digest, ['CreateDeviceModel', 'UpdateDeviceModel'], () =>
        encode(DeviceModelRequest, { model: wanted.model }),
      );
  }
}

function change(
  has: string | undefined,
  digest: string,
  [give, update]: readonly [string, string],
  request: () => Buffer,
): PlannedCall | undefined {
  if (has === digest) return undefined;
  return has === undefined || has === MAYBE
    ? { method: give, request: request(), hasMeanwhile: MAYBE, hasThen: digest }
    : { method: update, request: request(), hasMeanwhile: ANY_FORM, hasThen: digest };
}

function removal({ type, name, namespace }: ObjectKey): PlannedCall {
  return {
    method: type === 'device' ? 'RemoveDevice' : 'RemoveDeviceModel',
    request: encode(RemoveRequest, { name, namespace }),
    hasMeanwhile: MAYBE,
    hasThen: undefined,
  };
}
