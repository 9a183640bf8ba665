import { KubeStatusError } from '@edgecore/api';
import type {
  ConfigMap,
  ObjectMeta,
  PersistentVolume,
  PersistentVolumeClaim,
  Secret,
  VolumeAttachment,
} from './kube-types.js';
import type { ObjectSource } from './ports/object-source.js';

export interface MemoryObjectsOptions {
  /** Pods to run, as objects. Default none. */
  readonly pods?: readonly unknown[];
  /** Found by `metadata.namespace` and `metadata.name`. Default none. */
  readonly configMaps?: readonly ConfigMap[];
  /** Found like configMaps. Default none. */
  readonly secrets?: readonly Secret[];
  /** Found like configMaps. Default none. */
  readonly persistentVolumeClaims?: readonly PersistentVolumeClaim[];
  /** Found by `metadata.name`. Default none. */
  readonly persistentVolumes?: readonly PersistentVolume[];
  /** Found by `metadata.name`. Default none. */
  readonly volumeAttachments?: readonly VolumeAttachment[];
}

/** An {@link ObjectSource} without metamanager: for running edged alone. It has no tokens. */
export function memoryObjects({
  pods = [],
  configMaps = [],
  secrets = [],
  persistentVolumeClaims = [],
  persistentVolumes = [],
  volumeAttachments = [],
}: MemoryObjectsOptions = {}): ObjectSource {
  return {
    getConfigMap: async (namespace, name) => find('configmap', configMaps, namespace, name),
    getSecret: async (namespace, name) => find('secret', secrets, namespace, name),
    getPersistentVolumeClaim: async (namespace, name) =>
      find('persistentvolumeclaim', persistentVolumeClaims, namespace, name),
    getPersistentVolume: async (name) => find('persistentvolume', persistentVolumes, undefined, name),
    getVolumeAttachment: async (name) => find('volumeattachment', volumeAttachments, undefined, name),
    getToken: async () => undefined,
    listPods: async () => ({ items: pods, errors: [] }),
  };
}

/** @param namespace Absent for objects of the cluster. */
function find<T extends { readonly metadata?: ObjectMeta }>(
  kind: string,
  all: readonly T[],
  namespace: string | undefined,
  name: string,
): T {
  const found = all.find(
    ({ metadata }) =>
      metadata?.name === name && (namespace === undefined || (metadata.namespace ?? 'default') === namespace),
  );
  if (!found) throw new KubeStatusError('NotFound', 404, `${kind} "${name}" not found`);
  return found;
}
