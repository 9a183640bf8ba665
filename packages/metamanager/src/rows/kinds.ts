import { CLUSTER_SCOPE, type KubeObject, type ParsedResource } from '@edgecore/api';

export interface KindOfType {
  readonly kind: string;
  readonly apiVersion: string;
}

/** Kinds of resource types whose objects a 2020 cloud sends without `kind` (metamanager.md §9.4). */
const KINDS: Readonly<Record<string, KindOfType>> = {
  pod: { kind: 'Pod', apiVersion: 'v1' },
  configmap: { kind: 'ConfigMap', apiVersion: 'v1' },
  secret: { kind: 'Secret', apiVersion: 'v1' },
  service: { kind: 'Service', apiVersion: 'v1' },
  endpoints: { kind: 'Endpoints', apiVersion: 'v1' },
  node: { kind: 'Node', apiVersion: 'v1' },
  persistentvolume: { kind: 'PersistentVolume', apiVersion: 'v1' },
  persistentvolumeclaim: { kind: 'PersistentVolumeClaim', apiVersion: 'v1' },
  volumeattachment: { kind: 'VolumeAttachment', apiVersion: 'storage.k8s.io/v1' },
  serviceaccountaccess: { kind: 'ServiceAccountAccess', apiVersion: 'policy.kubeedge.io/v1alpha1' },
  device: { kind: 'Device', apiVersion: 'devices.kubeedge.io/v1beta1' },
  devicemodel: { kind: 'DeviceModel', apiVersion: 'devices.kubeedge.io/v1beta1' },
};

const IRREGULAR: Readonly<Record<string, string>> = {
  endpoints: 'endpoints',
  leases: 'leases',
  customresourcedefinitionlist: 'customresourcedefinitions',
};

/** Upstream's rule: lower-case kind + `s`, `…s` → `…ses`, `…y` → `…ies`, with exceptions. */
export function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  const irregular = IRREGULAR[lower];
  if (irregular !== undefined) return irregular;
  if (lower.endsWith('s')) return `${lower}es`;
  return lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`;
}

/** The `meta_v2` identity of an object (metamanager.md §2). */
export interface V2Identity extends KindOfType {
  readonly key: string;
  readonly groupVersionResource: string;
  /** `''` for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

/**
 * Where an object belongs in `meta_v2`: by its own kind, else by its resource
 * type; `undefined` when neither tells.
 */
export function v2Identity(resource: ParsedResource, object: KubeObject | undefined): V2Identity | undefined {
  const kind = ownKind(object) ?? KINDS[resource.type];
  const name = resource.name || object?.metadata?.name || '';
  if (!kind || name === '') return undefined;
  const slash = kind.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : kind.apiVersion.slice(0, slash);
  const version = kind.apiVersion.slice(slash + 1);
  const plural = pluralOf(kind.kind);
  const namespace = object?.metadata?.namespace ?? (isClusterScoped(resource) ? '' : resource.namespace);
  return {
    ...kind,
    key: `/${group || 'core'}/${version}/${plural}/${namespace || CLUSTER_SCOPE}/${name}`,
    groupVersionResource: `${group}/${version}, Resource=${plural}`,
    namespace,
    name,
  };
}

function ownKind(object: KubeObject | undefined): KindOfType | undefined {
  const { kind, apiVersion } = object ?? {};
  return kind && apiVersion ? { kind, apiVersion } : undefined;
}

function isClusterScoped({ namespace, type }: ParsedResource): boolean {
  return namespace === CLUSTER_SCOPE || ['node', 'persistentvolume', 'volumeattachment'].includes(type);
}
