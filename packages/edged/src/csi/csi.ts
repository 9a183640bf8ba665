import type { Logger } from '@edgecore/api';
import type { Message, ModuleContext } from '@edgecore/beehive';
import type { EdgedSettings } from '../options.js';
import { ControllerCalls } from './controller-calls.js';
import { CsiPaths } from './node/csi-paths.js';
import { CsiVolumes } from './node/csi-volumes.js';
import { DriverRegistry } from './registration/driver-registry.js';
import { PluginWatcher } from './registration/plugin-watcher.js';

/** A registration socket that is there is served at once or not at all. */
const REGISTRATION_TIMEOUT_MS = 10_000;
/** Kubelet's waits between tries. */
const REGISTRATION_RETRY_MS = 500;
const REGISTRATION_RETRY_MAX_MS = 122_000;
/** Between looks for sockets, beside the system's notices. */
const CHECK_MS = 10_000;

/** The CSI half of edged (edged.md §14): drivers of this node, their volumes, the cloud's calls. */
export class Csi {
  readonly volumes: CsiVolumes;
  readonly #calls: ControllerCalls;
  readonly #watcher: PluginWatcher;

  /** @param signal Ends every call under way. */
  constructor(
    settings: EdgedSettings,
    { log, ctx }: { readonly log: Logger; readonly ctx: Pick<ModuleContext, 'deliver'> },
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
      clock,
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
      retryMs: REGISTRATION_RETRY_MS,
      retryMaxMs: REGISTRATION_RETRY_MAX_MS,
    });
  }

  /** Registers drivers until the signal aborts. */
  run(): Promise<void> {
    return this.#watcher.run(this.signal);
  }

  /** Takes the cloud's calls of a driver; false for other messages. */
  handle(message: Message): boolean {
    return this.#calls.handle(message);
  }
}
