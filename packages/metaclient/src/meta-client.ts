import type { CloudLink, KubeObject } from '@edgecore/api';
import { Group, ModuleName, ResourceType } from '@edgecore/api';
import type { ModuleContext } from '@edgecore/beehive';
import { Caller } from './caller.js';
import { EventClient, LeaseClient, TokenClient } from './modern.js';
import { NodeClient } from './nodes.js';
import { ClusterObjects, type ListClient, type ObjectClient, Objects } from './objects.js';
import { PodClient, PodStatusClient } from './pods.js';

export interface MetaClientOptions {
  /** The asking module's context. */
  readonly ctx: Pick<ModuleContext, 'send' | 'request'>;
  /** `route.source` of the requests; MetaManager acts by it. Default `edged`. */
  readonly source?: string;
  /** `route.group` of the requests. Default `meta`. */
  readonly group?: string;
  /** MetaManager's name on the bus. Default `metamanager`. */
  readonly metaManager?: string;
  readonly link: CloudLink;
  /** One deadline for each call. Default 65 000 ms: MetaManager's own, plus a little for its answer to arrive. */
  readonly timeoutMs?: number;
  /** Namespace word of node resources in legacy form. Default `default` (`edged.registerNodeNamespace`). */
  readonly registerNamespace?: string;
}

/** What modules ask MetaManager for, typed (metamanager.md §8). One try per call: repeating is the caller's decision. */
export interface MetaClient {
  readonly pods: PodClient;
  readonly podStatus: PodStatusClient;
  readonly node: NodeClient;
  readonly lease: LeaseClient;
  readonly configMaps: ObjectClient;
  readonly secrets: ObjectClient;
  readonly serviceAccountTokens: TokenClient;
  readonly persistentVolumes: Pick<ClusterObjects<KubeObject>, 'get'>;
  readonly persistentVolumeClaims: ObjectClient;
  readonly volumeAttachments: Pick<ClusterObjects<KubeObject>, 'get'>;
  readonly events: EventClient;
  /** Rows a 2020 cloud pushed; nothing is known of them with today's. */
  readonly services: ListClient;
  readonly endpoints: ListClient;
}

/** Makes a {@link MetaClient}. */
export function createMetaClient(options: MetaClientOptions): MetaClient {
  const caller = new Caller({
    ctx: options.ctx,
    source: options.source ?? ModuleName.edged,
    group: options.group ?? Group.meta,
    metaManager: options.metaManager ?? ModuleName.metamanager,
    link: options.link,
    timeoutMs: options.timeoutMs ?? 65_000,
    registerNamespace: options.registerNamespace ?? 'default',
  });
  return {
    pods: new PodClient(caller),
    podStatus: new PodStatusClient(caller),
    node: new NodeClient(caller),
    lease: new LeaseClient(caller),
    configMaps: new Objects(caller, ResourceType.configmap),
    secrets: new Objects(caller, ResourceType.secret),
    serviceAccountTokens: new TokenClient(caller),
    persistentVolumes: new ClusterObjects(caller, ResourceType.persistentvolume),
    persistentVolumeClaims: new Objects(caller, ResourceType.persistentvolumeclaim),
    volumeAttachments: new ClusterObjects(caller, ResourceType.volumeattachment),
    events: new EventClient(caller),
    services: new Objects(caller, ResourceType.service),
    endpoints: new Objects(caller, ResourceType.endpoints),
  };
}
