import type { EndpointSubset } from './endpoints.js';
import type { MeshPod } from './pod.js';

/** A pod that runs on this node, as the node itself knows it. */
export interface LocalPod {
  readonly namespace: string;
  readonly name: string;
  /** `''` while it has none. */
  readonly ip: string;
  readonly phase: string;
  readonly ready: boolean;
  readonly deleting: boolean;
}

export type LocalPods = ReadonlyMap<string, LocalPod>;

export function localPodKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/**
 * What the cloud last said of pods, corrected by what this node knows of its
 * own: after a reboot without a cloud their addresses are new (edgemesh.md §9).
 * A pod of this node the node does not have is not running.
 */
export function correctPods(
  pods: readonly MeshPod[],
  namespace: string,
  nodeName: string,
  local: LocalPods | undefined,
): readonly MeshPod[] {
  if (!local) return pods;
  return pods.map((pod) => {
    if (pod.nodeName !== nodeName) return pod;
    const own = local.get(localPodKey(pod.namespace || namespace, pod.name));
    if (!own) return { ...pod, phase: 'Unknown' };
    const { phase, ready, deleting } = own;
    return { ...pod, phase, ready, deleting: pod.deleting || deleting, podIp: own.ip };
  });
}

/** The same for endpoints, whose addresses name their pod. */
export function correctEndpoints(
  subsets: readonly EndpointSubset[],
  namespace: string,
  nodeName: string,
  local: LocalPods | undefined,
): readonly EndpointSubset[] {
  if (!local) return subsets;
  return subsets.map(({ addresses, ports }) => ({
    ports,
    addresses: addresses.map((address) => {
      if (address.nodeName !== nodeName || address.pod === '') return address;
      const own = local.get(localPodKey(namespace, address.pod));
      if (!own) return { ...address, ready: false };
      return {
        ...address,
        ip: own.ip || address.ip,
        ready: own.ready && !own.deleting && own.phase === 'Running' && own.ip !== '',
      };
    }),
  }));
}
