import { type CloudLink, ModuleName } from '@edgecore/api';
import type { Edged } from '@edgecore/edged';
import { EdgeMesh, type LocalPod } from '@edgecore/edgemesh';
import type { EdgeCoreConfig } from '../config/index.js';

export interface EdgeMeshParts {
  readonly config: EdgeCoreConfig;
  readonly link: CloudLink;
  /** The pods of this node; `undefined` while, or where, nobody runs any. */
  readonly edged: () => Edged | undefined;
}

/** The mesh out of the configuration; `undefined` when it is off. */
export function edgeMesh({ config, link, edged }: EdgeMeshParts): EdgeMesh | undefined {
  const { edgeMesh: mesh, node, metaManager } = config;
  // Services come out of its database, and through it.
  if (!mesh.enabled || !metaManager.enabled) return undefined;
  return new EdgeMesh({
    nodeName: node.name,
    link,
    strategy: mesh.strategy,
    listenInterface: mesh.listenInterface,
    subnet: mesh.subnet,
    listenPort: mesh.listenPort,
    source: mesh.source,
    intercept: mesh.intercept,
    dnsPort: mesh.dnsListenPort,
    clusterDomain: mesh.clusterDomain,
    upstreamDns: mesh.upstreamDns,
    manageResolvConf: mesh.manageResolvConf,
    serviceFilterMode: mesh.serviceFilterMode,
    podNetwork: mesh.podNetwork,
    hub: ModuleName.edgehub,
    ...(config.edged.enabled && { localPods: () => localPods(edged()) }),
  });
}

function localPods(edged: Edged | undefined): LocalPod[] {
  return (edged?.pods() ?? []).map(({ pod, status, stage }) => ({
    namespace: pod.metadata.namespace,
    name: pod.metadata.name,
    ip: status?.podIP ?? '',
    phase: status?.phase ?? 'Pending',
    ready:
      status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false,
    deleting: stage !== 'syncing',
  }));
}
