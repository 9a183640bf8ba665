import { ResourceType } from '@edgecore/api';
import type { Store } from '@edgecore/store';
import { deviceInput } from '../dispatch/object-messages.js';
import type { DeviceInput } from '../json/membership-input.js';
import { isDeviceId } from '../model/device.js';

/** Devices whose objects MetaManager stored: the least there must be (devicetwin.md §8.3, dual rule). */
export async function devicesOfObjects(store: Store): Promise<DeviceInput[]> {
  const rows = await store.all(
    store.db.selectFrom('meta').select(['key', 'value']).where('type', '=', ResourceType.device),
  );
  return rows.flatMap(({ key, value }) => {
    const [namespace = '', , name = ''] = key.split('/');
    const device = deviceInput(namespace, name, parsed(value));
    return isDeviceId(device.id) ? [device] : [];
  });
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
