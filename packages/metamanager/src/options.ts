import type { CloudLink } from '@edgecore/api';
import { Group, ModuleName } from '@edgecore/api';
import type { Store } from '@edgecore/store';

export interface MetaManagerOptions {
  readonly store: Store;
  readonly link: CloudLink;
  /** Name on the bus. Default `metamanager`; what the cloud sees is the profile's. */
  readonly name?: string;
  /** EdgeHub's module name, asked for what must be answered (`contextSendModule`). Default `websocket`. */
  readonly hub?: string;
  /** Group of what goes up without an answer (`contextSendGroup`). Default `hub`. */
  readonly hubGroup?: string;
  /** Edged's module name. Default `edged`. */
  readonly edged?: string;
  /** Node name, only for hints in the log. Default `<node name>`. */
  readonly nodeName?: string;
  /** Period of the pod status list towards a 2020 cloud. Default 60 000 ms; at least 1000. */
  readonly podStatusSyncIntervalMs?: number;
  /** Deadline of what is asked of the cloud. Default 60 000 ms. */
  readonly remoteQueryTimeoutMs?: number;
  /** Deadline of node status and lease updates, one of their periods. Default 10 000 ms. */
  readonly nodeStatusTimeoutMs?: number;
  /** Deadline of edged's answer to a CSI call. Default 60 000 ms. */
  readonly volumeTimeoutMs?: number;
  /** Largest object stored, bytes of JSON. Default 8 MiB; larger ones are refused. */
  readonly maxValueBytes?: number;
  /** Messages in hand at once; above that the inbox waits. Default 256. */
  readonly maxInHand?: number;
  /** Requests waiting for the cloud at once; above that they are refused. Default 256. */
  readonly maxRemoteRequests?: number;
  /** Pauses before a failed write (disk full, file locked) is tried again. Default 200, 800 and 2000 ms. */
  readonly writeRetriesMs?: readonly number[];
  /** Clock, milliseconds since the epoch; for tests. Default `Date.now`. */
  readonly now?: () => number;
}

export type ResolvedOptions = Required<MetaManagerOptions>;

/** @throws {RangeError} for limits and periods that make no sense. */
export function resolveOptions(options: MetaManagerOptions): ResolvedOptions {
  const resolved: ResolvedOptions = {
    store: options.store,
    link: options.link,
    name: options.name ?? ModuleName.metamanager,
    hub: options.hub ?? ModuleName.edgehub,
    hubGroup: options.hubGroup ?? Group.hub,
    edged: options.edged ?? ModuleName.edged,
    nodeName: options.nodeName ?? '<node name>',
    podStatusSyncIntervalMs: options.podStatusSyncIntervalMs ?? 60_000,
    remoteQueryTimeoutMs: options.remoteQueryTimeoutMs ?? 60_000,
    nodeStatusTimeoutMs: options.nodeStatusTimeoutMs ?? 10_000,
    volumeTimeoutMs: options.volumeTimeoutMs ?? 60_000,
    maxValueBytes: options.maxValueBytes ?? 8 * 1024 * 1024,
    maxInHand: options.maxInHand ?? 256,
    maxRemoteRequests: options.maxRemoteRequests ?? 256,
    writeRetriesMs: options.writeRetriesMs ?? [200, 800, 2000],
    now: options.now ?? Date.now,
  };
  // Upstream spins with an interval of 0 (metamanager.md §7).
  if (!(resolved.podStatusSyncIntervalMs >= 1000)) {
    throw new RangeError(
      `podStatusSyncInterval must be at least 1 s, not ${resolved.podStatusSyncIntervalMs} ms`,
    );
  }
  for (const limit of [
    'remoteQueryTimeoutMs',
    'nodeStatusTimeoutMs',
    'maxValueBytes',
    'maxInHand',
    'maxRemoteRequests',
  ] as const) {
    if (!(resolved[limit] >= 1)) throw new RangeError(`${limit} must be at least 1, not ${resolved[limit]}`);
  }
  return resolved;
}
