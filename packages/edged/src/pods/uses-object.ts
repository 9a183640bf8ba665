import type { Pod } from '../kube-types.js';

/** Does the pod show this object in a volume, its environment or its pull secrets? */
export function usesObject({ spec }: Pod, kind: 'configmap' | 'secret', name: string): boolean {
  const isConfigMap = kind === 'configmap';
  const inVolume = (spec.volumes ?? []).some(
    ({ configMap, secret, projected }) =>
      (isConfigMap ? configMap?.name : secret?.secretName) === name ||
      projected?.sources?.some((source) => (isConfigMap ? source.configMap : source.secret)?.name === name),
  );
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  const inEnvironment = containers.some(
    ({ env = [], envFrom = [] }) =>
      env.some(
        ({ valueFrom }) =>
          (isConfigMap ? valueFrom?.configMapKeyRef : valueFrom?.secretKeyRef)?.name === name,
      ) || envFrom.some((source) => (isConfigMap ? source.configMapRef : source.secretRef)?.name === name),
  );
  return (
    inVolume ||
    inEnvironment ||
    (!isConfigMap && (spec.imagePullSecrets ?? []).some((one) => one.name === name))
  );
}
