import { errorText } from '@edgecore/api';
import type { Init } from '@edgecore/grpc';
import { callPlugin } from '../call.js';
import type * as messages from '../messages.js';
import { Node, Registration } from '../methods.js';
import type { CsiDriver } from './driver-registry.js';
import { readPluginInfo } from './plugin-info.js';

export interface RegisterOptions {
  readonly socketPath: string;
  /** Of each call. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Registers the plug-in behind a socket (edged.md §14): asks what it is, asks the driver for this node's id,
 * tells the plug-in how it went.
 *
 * @param accept Takes the driver before the plug-in is told.
 * @throws when it is not a CSI driver this agent can work with; the plug-in has been told then.
 */
export async function registerPlugin(
  options: RegisterOptions,
  accept: (driver: CsiDriver) => void,
): Promise<CsiDriver> {
  const { socketPath } = options;
  const answer = await callPlugin(Registration.getInfo, {}, options);
  let driver: CsiDriver;
  try {
    const { name, endpoint } = readPluginInfo(answer, socketPath);
    const { nodeId } = await callPlugin(Node.getInfo, {}, { ...options, socketPath: endpoint });
    if (nodeId === '') throw new Error(`driver ${name} gives this node no id`);
    driver = { name, endpoint, nodeId, registeredBy: socketPath };
  } catch (error) {
    options.signal.throwIfAborted();
    await notify({ pluginRegistered: false, error: errorText(error) }).catch(() => undefined);
    throw error;
  }
  options.signal.throwIfAborted();
  accept(driver);
  await notify({ pluginRegistered: true });
  return driver;

  function notify(status: Init<typeof messages.RegistrationStatus>) {
    return callPlugin(Registration.notifyRegistrationStatus, status, options);
  }
}
