import type { Logger } from '@edgecore/api';

export interface ProcessRuntimeOptions {
  /** Directory for records, supervisors' files and raw output; made with mode 0700. One agent at a time. */
  readonly rootDir: string;
  /** Default: silent. */
  readonly log?: Logger;
  /**
   * `auto`: volumes are bind-mounted in a mount namespace of the container when this host allows it (as root,
   * or through user namespaces). `off`: never. Default `auto`.
   */
  readonly mounts?: 'auto' | 'off';
  /** A container's log file is rotated when it has grown past this many bytes. Default 10 MiB. */
  readonly logMaxBytes?: number;
  /** Log files kept per container, the current one included; at least 1. Default 5. */
  readonly logMaxFiles?: number;
  /** How long a container's command may take to be started, mounts included. Default 30 000 ms. */
  readonly startTimeoutMs?: number;
  /** How often running containers are checked against `/proc`, in case a supervisor was killed. Default 2 000 ms. */
  readonly checkIntervalMs?: number;
}

/** {@link ProcessRuntimeOptions} with every default filled in, except the logger. */
export type ProcessSettings = Required<Omit<ProcessRuntimeOptions, 'log'>>;

export function settingsOf(options: ProcessRuntimeOptions): ProcessSettings {
  return {
    rootDir: options.rootDir,
    mounts: options.mounts ?? 'auto',
    logMaxBytes: Math.max(4096, options.logMaxBytes ?? 10 * 1024 * 1024),
    logMaxFiles: Math.max(1, options.logMaxFiles ?? 5),
    startTimeoutMs: options.startTimeoutMs ?? 30_000,
    checkIntervalMs: options.checkIntervalMs ?? 2_000,
  };
}
