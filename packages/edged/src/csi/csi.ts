import type { Logger } from '@edgecore/api';
import type { Message, ModuleContext } from '@edgecore/beehive';
import type { NodeClient } from '@edgecore/metaclient';
import type { EdgedSettings } from '../options.js';
import { ControllerCalls } from './controller-calls.js';
import { CsiPaths } from './node/csi-paths.js';
import { CsiVolumes } from './node/csi-volumes.js';
import { announceDrivers } from './registration/announce-drivers.js';
import { DriverRegistry } from './registration/driver-registry.js';
import { PluginWatcher } from './registration/plugin-watcher.js';

/** A registration socket that is there is served at once or not at all. */
const REGISTRATION_TIMEOUT_MS = 10_000;
/** Kubelet's waits between tries. */
const REGISTRATION_RETRY = { retryMs: 500, retryMaxMs: 122_000 };
/** The node may have to be registered first, or the cloud be away. */
const ANNOUNCE_RETRY = { retryMs: 5000, retryMaxMs: 300_000 };
/** Between looks for sockets, beside the system's notices. */
const CHECK_MS = 10_000;

export interface CsiComponents {
  readonly log: Logger;
  readonly ctx: Pick<ModuleContext, 'deliver'>;
  /** Where drivers are announced; without it they are not. */
  readonly node?: Pick<NodeClient, 'update'> | undefined;
}

/** The CSI half of edged (edged.md §14): drivers of this node, their volumes, the cloud's calls. */
export class Csi {
  readonly volumes: CsiVolumes;
  readonly #calls: ControllerCalls;
  readonly #watcher: PluginWatcher;
  readonly #announce: (() => Promise<void>) | undefined;

  /** @param signal Ends every call under way. */
  constructor(
    settings: EdgedSettings,
    { log, ctx, node }: CsiComponents,
    private readonly signal: AbortSignal,
  ) {
    const { rootDirectory, nodeName, clock, csiTimeoutMs: timeoutMs } = settings;
    const registry = new DriverRegistry();
    this.volumes = new CsiVolumes({
      rootDirectory,
      nodeName,
      registry,
      clock,
      timeoutMs,
      withoutAttach: new Set(settings.csiDriversWithoutAttach),
      signal,
    });
    this.#calls = new ControllerCalls({
      ctx,
      log,
      driver: settings.csiControllerDriver,
      registry,
      timeoutMs,
      signal,
    });
    this.#watcher = new PluginWatcher({
      directory: new CsiPaths(rootDirectory).registry,
      registry,
      clock,
      log,
      checkMs: CHECK_MS,
      timeoutMs: REGISTRATION_TIMEOUT_MS,
      ...REGISTRATION_RETRY,
    });
    const announcing = { nodeName, registry, clock, log, ...ANNOUNCE_RETRY };
    this.#announce = node && (() => announceDrivers({ node, ...announcing }, signal));
  }

  /** Registers drivers until the signal aborts. */
  async run(): Promise<void> {
    await Promise.all([this.#watcher.run(this.signal), this.#announce?.()]);
  }

  /** Takes the cloud's calls of a driver; false for other messages. */
  handle(message: Message): boolean {
    return this.#calls.handle(message);
  }
}
