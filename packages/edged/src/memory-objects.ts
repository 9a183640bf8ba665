import { KubeStatusError } from '@edgecore/api';
import type { ConfigMap, Secret } from './kube-types.js';
import type { ObjectSource } from './ports/object-source.js';

export interface MemoryObjectsOptions {
  /** Pods to run, as objects. Default none. */
  readonly pods?: readonly unknown[];
  /** Found by `metadata.namespace` and `metadata.name`. Default none. */
  readonly configMaps?: readonly ConfigMap[];
  /** Found like configMaps. Default none. */
  readonly secrets?: readonly Secret[];
}

/** An {@link ObjectSource} without metamanager: for running edged alone. It has no tokens. */
export function memoryObjects({
  pods = [],
  configMaps = [],
  secrets = [],
}: MemoryObjectsOptions = {}): ObjectSource {
  return {
    getConfigMap: async (namespace, name) => find('configmap', configMaps, namespace, name),
    getSecret: async (namespace, name) => find('secret', secrets, namespace, name),
    getToken: async () => undefined,
    listPods: async () => ({ items: pods, errors: [] }),
  };
}

function find<T extends ConfigMap | Secret>(
  kind: string,
  all: readonly T[],
  namespace: string,
  name: string,
): T {
  const found = all.find(
    ({ metadata }) => metadata?.name === name && (metadata.namespace ?? 'default') === namespace,
  );
  if (!found) throw new KubeStatusError('NotFound', 404, `${kind} "${name}" not found`);
  return found;
}
