import type { EdgedConfig } from '../model.js';
import type { ConfigReader } from '../reader.js';

/** Neither format has keys about CSI: upstream's names are built in. */
export function csiOf(reader: ConfigReader): EdgedConfig['csi'] {
  return {
    controllerDriver: reader.text('edgecoreTs.edged.csi.controllerDriver'),
    driversWithoutAttach: reader.list('edgecoreTs.edged.csi.driversWithoutAttach'),
  };
}
