import { isRecord, recordsOf } from '@edgecore/api';
import type { Container, PodSpec, Volume } from '../kube-types.js';

/**
 * The first thing in a static pod's spec that only the API server has, as the
 * path of its field; `undefined` when there is none (edged.md §3.4).
 */
export function apiReference(spec: PodSpec): string | undefined {
  if (spec.serviceAccountName || spec.serviceAccount) return 'spec.serviceAccountName';
  if (spec.imagePullSecrets?.length) return 'spec.imagePullSecrets';
  for (const [index, volume] of (spec.volumes ?? []).entries()) {
    const source = volumeReference(volume);
    if (source) return `spec.volumes[${index}].${source}`;
  }
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    for (const [index, container] of ((spec[list] ?? []) as Container[]).entries()) {
      const source = environmentReference(container);
      if (source) return `spec.${list}[${index}].${source}`;
    }
  }
  return undefined;
}

function volumeReference(volume: Volume): string | undefined {
  for (const kind of ['secret', 'configMap', 'persistentVolumeClaim', 'csi', 'ephemeral'] as const) {
    if (volume[kind]) return kind;
  }
  for (const [index, source] of recordsOf(volume.projected?.sources).entries()) {
    for (const kind of ['secret', 'configMap', 'serviceAccountToken', 'clusterTrustBundle']) {
      if (source[kind]) return `projected.sources[${index}].${kind}`;
    }
  }
  return undefined;
}

function environmentReference({ env, envFrom }: Container): string | undefined {
  for (const [index, source] of recordsOf(envFrom).entries()) {
    for (const kind of ['secretRef', 'configMapRef']) if (source[kind]) return `envFrom[${index}].${kind}`;
  }
  for (const [index, { valueFrom }] of recordsOf(env).entries()) {
    for (const kind of ['secretKeyRef', 'configMapKeyRef']) {
      if (isRecord(valueFrom) && valueFrom[kind]) return `env[${index}].valueFrom.${kind}`;
    }
  }
  return undefined;
}
