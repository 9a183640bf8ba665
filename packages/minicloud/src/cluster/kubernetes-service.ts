import { Kinds } from '../objects/kinds.js';
import type { ObjectStore } from '../objects/object-store.js';

/**
 * The service every cluster has. A list of services that lacks it is taken by
 * meshes for the answer of a cloud that is not ready, not for "none". It has
 * no endpoints: the API here is for the cloud's own machine, not for pods.
 */
export async function ensureKubernetesService(objects: ObjectStore): Promise<void> {
  const metadata = {
    name: 'kubernetes',
    namespace: 'default',
    labels: { component: 'apiserver', provider: 'kubernetes' },
  };
  if (objects.get(Kinds.service, metadata.namespace, metadata.name)) return;
  await objects.create(Kinds.service, {
    metadata,
    spec: {
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 443 }],
      sessionAffinity: 'None',
      type: 'ClusterIP',
    },
  });
}
