import type { CloudLink } from '@edgecore/api';
import { ModuleName } from '@edgecore/api';
import type { Store } from '@edgecore/store';

/** Options of {@link DeviceTwin}. */
export interface DeviceTwinOptions {
  readonly store: Store;
  readonly link: CloudLink;
  /** In the topics of membership messages. */
  readonly nodeName: string;
  /** EdgeHub's module name. Default `websocket`. */
  readonly hub?: string;
  /** EventBus' module name. Default `eventbus`; messages to devices are dropped when there is none. */
  readonly eventbus?: string;
  /**
   * Who wins when both an edge application and the cloud wished something
   * (devicetwin.md §7.4). Default `edge`, as upstream; `cloud`: a new wish of the cloud.
   */
  readonly expectedConflict?: 'edge' | 'cloud';
  /** Take `twin/cloud_updated` from MQTT clients, as upstream does. Default false: any of them could forge the cloud. */
  readonly localCloudUpdated?: boolean;
  /** Write the desired values of today's device objects as `expected`, so that MQTT mappers get deltas (§10.5). Default false. */
  readonly desiredAsExpected?: boolean;
  /**
   * Where mappers find `dmi.sock`, with a cloud that has device objects (§10.2);
   * upstream's place is `/etc/kubeedge/`. Default `''`: no DMI.
   */
  readonly dmiDirectory?: string;
  /** Shortest time between two reports of one device to the cloud. Default 0 ms: as soon as the one before was taken. */
  readonly reportMinIntervalMs?: number;
  /** Wait for the cloud's `OK` to a report before it is sent again; doubles up to `reportMaxTimeoutMs`. Default 60 000 ms. */
  readonly reportTimeoutMs?: number;
  /** Default 600 000 ms. */
  readonly reportMaxTimeoutMs?: number;
  /** Reports on their way to the cloud at once, of different devices. Default 64. */
  readonly maxReportsInFlight?: number;
  /** Messages taken in and not yet done; above that the inbox waits. Default 4096. */
  readonly maxInHand?: number;
  /** Most messages of one device in one commit. Default 256. */
  readonly maxBatch?: number;
  /** Clock, milliseconds since the epoch; for tests. Default `Date.now`. */
  readonly now?: () => number;
}

export type ResolvedOptions = Required<DeviceTwinOptions>;

/** @throws {RangeError} for limits that make no sense. */
export function resolveOptions(options: DeviceTwinOptions): ResolvedOptions {
  const resolved: ResolvedOptions = {
    hub: ModuleName.edgehub,
    eventbus: ModuleName.eventbus,
    expectedConflict: 'edge',
    localCloudUpdated: false,
    desiredAsExpected: false,
    dmiDirectory: '',
    reportMinIntervalMs: 0,
    reportTimeoutMs: 60_000,
    reportMaxTimeoutMs: 600_000,
    maxReportsInFlight: 64,
    maxInHand: 4096,
    maxBatch: 256,
    now: Date.now,
    ...(Object.fromEntries(
      Object.entries(options).filter(([, value]) => value !== undefined),
    ) as DeviceTwinOptions),
  };
  for (const limit of [
    'reportTimeoutMs',
    'reportMaxTimeoutMs',
    'maxReportsInFlight',
    'maxInHand',
    'maxBatch',
  ] as const) {
    if (!(resolved[limit] >= 1)) throw new RangeError(`${limit} must be at least 1, not ${resolved[limit]}`);
  }
  if (!(resolved.reportMinIntervalMs >= 0)) {
    throw new RangeError(`reportMinIntervalMs must be at least 0, not ${resolved.reportMinIntervalMs}`);
  }
  return resolved;
}
