import type { Pod } from '../../kube-types.js';
import type { Labels } from './exposition.js';
import type { ContainerSample, PodSample } from './pod-samples.js';
import type { PodStorage } from './storage.js';

export interface CadvisorTerms {
  /** By pod uid. */
  readonly storage: ReadonlyMap<string, PodStorage>;
  /** Cgroup a pod should be in: the `id` of what cannot be seen there. */
  cgroupOf(pod: Pod | undefined): string;
  readonly cpuQuota: boolean;
}

/** cAdvisor gives every figure all of these, `id` being the cgroup's path. */
function labelsOf(
  id: string,
  of: Partial<Record<'container' | 'image' | 'name' | 'namespace' | 'pod', string>>,
) {
  const { container = '', image = '', name = '', namespace = '', pod = '' } = of;
  return { container, id, image, name, namespace, pod };
}

/** The whole machine. */
export const NODE_LABELS: Labels = labelsOf('/', {});

/** The cgroup around all containers of a pod. */
export function podLabels({ identity, pod, sandbox }: PodSample, terms: CadvisorTerms): Labels {
  return labelsOf(sandbox?.pod?.cgroup ?? terms.cgroupOf(pod), {
    namespace: identity.namespace,
    pod: identity.name,
  });
}

/** cAdvisor shows it as a container without a name in the pod. */
export function sandboxLabels({ identity, pod, sandbox }: PodSample, terms: CadvisorTerms): Labels {
  const { namespace, name } = identity;
  return labelsOf(sandbox?.cgroup ?? `${terms.cgroupOf(pod)}/${sandbox?.id ?? ''}`, { namespace, pod: name });
}

export function containerLabels(
  { container, stats }: ContainerSample,
  { identity, pod }: PodSample,
  terms: CadvisorTerms,
): Labels {
  const { uid, namespace, name } = identity;
  return labelsOf(stats.cgroup ?? `${terms.cgroupOf(pod)}/${container.id}`, {
    container: container.name,
    image: container.image,
    // As the engine names it (edged.md §5).
    name: `k8s_${container.name}_${name}_${namespace}_${uid}_${container.meta.restartCount}`,
    namespace,
    pod: name,
  });
}
