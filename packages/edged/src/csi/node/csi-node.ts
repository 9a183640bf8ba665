import type { AnyMessage, Decoded, GrpcMethod, Init } from '@edgecore/grpc';
import { VolumeError } from '../../errors.js';
import type { Clock } from '../../ports/clock.js';
import { isMountPoint } from '../../volumes/mount-table.js';
import { callPlugin } from '../call.js';
import type { CsiDriver, DriverRegistry } from '../registration/driver-registry.js';
import { CsiPaths } from './csi-paths.js';
import { pathExists } from './remove-directories.js';

export interface CsiNodeOptions {
  readonly rootDirectory: string;
  readonly nodeName: string;
  readonly registry: DriverRegistry;
  readonly clock: Clock;
  /** Of each call of a driver, and of the wait until a volume is attached. */
  readonly timeoutMs: number;
  /** Drivers whose volumes are not attached: no VolumeAttachment is waited for. */
  readonly withoutAttach: ReadonlySet<string>;
  /** Ends every call. */
  readonly signal: AbortSignal;
}

/** The drivers of this node, the paths of their volumes, and which of those are ready. */
export class CsiNode {
  readonly paths: CsiPaths;
  /** Paths a driver has made ready for this process, and whether something was mounted there then. */
  readonly #ready = new Map<string, boolean>();

  constructor(readonly options: CsiNodeOptions) {
    this.paths = new CsiPaths(options.rootDirectory);
  }

  /** @throws {VolumeError} when no such driver is registered. */
  driver(name: string): CsiDriver {
    const driver = this.options.registry.get(name);
    if (driver) return driver;
    throw new VolumeError(`driver name ${name} not found in the list of registered CSI drivers`);
  }

  /** @throws {CsiCallError} */
  call<Request extends AnyMessage, Response extends AnyMessage>(
    driver: CsiDriver,
    method: GrpcMethod<Request, Response>,
    request: Init<Request>,
    signal: AbortSignal,
  ): Promise<Decoded<Response>> {
    const { timeoutMs } = this.options;
    return callPlugin(method, request, { socketPath: driver.endpoint, timeoutMs, signal });
  }

  /** Where a volume is staged, or would be: as the 2020 edge has it when that is there. */
  async stagingPath(driver: string, handle: string, name: string): Promise<string> {
    const legacy = this.paths.legacyStaging(name);
    return (await pathExists(legacy)) ? legacy : this.paths.staging(driver, handle);
  }

  /** Mounted by this run or an earlier one. A driver that mounts nothing is believed as long as this process runs. */
  async isReady(path: string): Promise<boolean> {
    return this.#ready.get(path) === false || (await isMountPoint(path));
  }

  async nowReady(path: string): Promise<void> {
    this.#ready.set(path, await isMountPoint(path));
  }

  notReady(path: string): void {
    this.#ready.delete(path);
  }
}
