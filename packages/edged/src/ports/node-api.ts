import type { KubeObject } from '@edgecore/api';
import type { LeaseClient, NodeClient } from '@edgecore/metaclient';

/** What node reporting asks of MetaManager; a `MetaClient` fits (metamanager.md §8). */
export interface NodeApi {
  readonly node: Pick<NodeClient<KubeObject>, 'register' | 'updateStatus' | 'get' | 'insert' | 'patch'>;
  readonly lease: Pick<LeaseClient<KubeObject>, 'get' | 'create' | 'update'>;
}
