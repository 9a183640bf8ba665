import type { EventClient, PodClient, PodStatusClient } from '@edgecore/metaclient';

/** What pod reporting asks of MetaManager; a `MetaClient` fits (metamanager.md §7, §8). */
export interface ReportApi {
  readonly podStatus: Pick<PodStatusClient, 'update' | 'patch'>;
  readonly pods: Pick<PodClient, 'delete'>;
}

/** Where events go; a `MetaClient`'s `events` fits. */
export type EventApi = Pick<EventClient, 'create' | 'patch'>;
