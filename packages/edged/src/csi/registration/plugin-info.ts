import { isAbsolute } from 'node:path';
import type { Decoded } from '@edgecore/grpc';
import type * as messages from '../messages.js';

/** What a CSI plug-in says of itself at registration. */
export interface PluginInfo {
  /** The driver's name: part of paths, so it is checked. */
  readonly name: string;
  /** Socket of the driver. */
  readonly endpoint: string;
}

/** Letters and digits at both ends, dots and dashes between, 63 at most (CSI specification, GetPluginInfo). */
const DRIVER_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$/;

/**
 * Checks the answer to `GetInfo`. An empty endpoint means the socket that was asked.
 *
 * @throws Error with what is wrong, for the log and for the plug-in.
 */
export function readPluginInfo(answer: Decoded<typeof messages.PluginInfo>, socketPath: string): PluginInfo {
  const { type, name, endpoint, supportedVersions: versions } = answer;
  if (type !== 'CSIPlugin') throw new Error(`plug-ins of type "${type}" are not supported, only CSIPlugin`);
  if (!DRIVER_NAME.test(name)) throw new Error(`"${name}" is not the name of a CSI driver`);
  if (!versions.some((version) => /^v?1(?:\.\d+){0,2}$/.test(version))) {
    throw new Error(`CSI version 1 is required, the driver supports ${versions.join(', ') || 'none'}`);
  }
  if (endpoint !== '' && !isAbsolute(endpoint)) throw new Error(`endpoint "${endpoint}" is not a path`);
  return { name, endpoint: endpoint === '' ? socketPath : endpoint };
}
