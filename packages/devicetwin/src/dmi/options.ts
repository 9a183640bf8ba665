import type { Logger, Metrics } from '@edgecore/api';
import { GRPC_SERVER_LIMITS, type GrpcServerLimits } from '@edgecore/grpc';
import type { Store } from '@edgecore/store';
import type { DeviceReporter } from '../reporter.js';
import type { AdmissionLimits } from './admission.js';

/** Limits towards mappers; each can be set alone. */
export interface DmiLimits extends GrpcServerLimits, AdmissionLimits {
  /** For one call of the edge to a mapper, connecting included. Default 10 s. */
  readonly mapperCallTimeoutMs: number;
}

export const DMI_LIMITS: DmiLimits = {
  ...GRPC_SERVER_LIMITS,
  callsPerSecond: 1000,
  maxPendingCalls: 1000,
  mapperCallTimeoutMs: 10_000,
};

export interface DmiOptions {
  /** Where `dmi.sock` is made; upstream's `dmiSockPath`: a value ending in `.sock` is reduced to its directory. */
  readonly directory: string;
  /** Takes what mappers report. */
  readonly reporter: DeviceReporter;
  /** Rows of type `device` and `devicemodel` are read, those of type `devicemapper` are kept here. */
  readonly store: Store;
  /** Default: logs nothing. */
  readonly log?: Logger;
  /** Default: counts nothing. */
  readonly metrics?: Metrics;
  readonly limits?: Partial<DmiLimits>;
  /** Milliseconds of a clock that never goes back. Default `performance.now`. */
  readonly now?: () => number;
}

/** A change of an object, as MetaManager passes it on. */
export interface ObjectChange {
  /** `insert`, `update`, `patch` or `delete`; others are ignored. */
  readonly operation: string;
  /** `<namespace>/device/<name>`, `<namespace>/devicemodel/<name>`, or `<namespace>/device/updated`. */
  readonly resource: string;
  /** The object, its JSON, or that as bytes; not looked at for a `delete`. */
  readonly content: unknown;
}
