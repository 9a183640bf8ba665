import { errorText, type Logger } from '@edgecore/api';
import type { CloudEmitter } from '../cloud-events.js';
import { Kinds } from '../objects/kinds.js';
import type { ObjectStore } from '../objects/object-store.js';
import { namespaceOf } from '../objects/stored-object.js';
import type { CloudDevices } from './cloud-devices.js';

/** Tells listeners what changed in devices; reports go with their device. @returns a function that ends it. */
export function watchDevices(
  objects: ObjectStore,
  devices: CloudDevices,
  events: CloudEmitter,
  logger: Logger,
): () => void {
  return objects.subscribe(({ type, kind, object }) => {
    if (kind === Kinds.device && type === 'deleted') {
      events.emit('deviceDeleted', { device: devices.view(object) });
      devices
        .forget(object)
        .catch((error: unknown) => logger.warn({ device: object.metadata.name }, errorText(error)));
    } else if (kind === Kinds.device) events.emit('deviceChanged', { device: devices.view(object) });
    else if (kind === Kinds.deviceStatus && type !== 'deleted') {
      const device = objects.get(Kinds.device, namespaceOf(object), object.metadata.name);
      if (device) events.emit('deviceChanged', { device: devices.view(device) });
    }
  });
}
