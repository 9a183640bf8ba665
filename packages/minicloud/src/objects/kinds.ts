import { ResourceType } from '@edgecore/api';

/** A kind of object the cloud keeps. */
export interface Kind {
  readonly kind: string;
  readonly apiVersion: string;
  /** Older versions people may apply; they are converted. */
  readonly otherVersions?: readonly string[];
  /** Word in resource strings (wire.md §1.2). */
  readonly type: string;
  /** Word in API error texts. */
  readonly plural: string;
  readonly namespaced: boolean;
  /** People may apply it; the others come from nodes. */
  readonly applicable: boolean;
}

/** Of 2020; converted when applied (compat.md §3). */
const DEVICE_V1ALPHA = ['devices.kubeedge.io/v1alpha1', 'devices.kubeedge.io/v1alpha2'] as const;
const CORE = 'v1';
const RULES = 'rules.kubeedge.io/v1';
const applicable = { apiVersion: CORE, namespaced: true, applicable: true } as const;
const device = {
  apiVersion: 'devices.kubeedge.io/v1beta1',
  otherVersions: DEVICE_V1ALPHA,
  namespaced: true,
  applicable: true,
} as const;

export const Kinds = {
  pod: { ...applicable, kind: 'Pod', type: ResourceType.pod, plural: 'pods' },
  configMap: { ...applicable, kind: 'ConfigMap', type: ResourceType.configmap, plural: 'configmaps' },
  secret: { ...applicable, kind: 'Secret', type: ResourceType.secret, plural: 'secrets' },
  service: { ...applicable, kind: 'Service', type: ResourceType.service, plural: 'services' },
  endpoints: { ...applicable, kind: 'Endpoints', type: ResourceType.endpoints, plural: 'endpoints' },
  device: { ...device, kind: 'Device', type: ResourceType.device, plural: 'devices' },
  deviceModel: { ...device, kind: 'DeviceModel', type: ResourceType.devicemodel, plural: 'devicemodels' },
  /** What was reported of a device (profile `current`); it stays in the cloud (devicetwin.md §10.1). */
  deviceStatus: {
    ...device,
    kind: 'DeviceStatus',
    type: 'devicestatus',
    plural: 'devicestatuses',
    applicable: false,
  },
  rule: { ...applicable, kind: 'Rule', apiVersion: RULES, type: 'rule', plural: 'rules' },
  ruleEndpoint: {
    ...applicable,
    kind: 'RuleEndpoint',
    apiVersion: RULES,
    type: 'ruleendpoint',
    plural: 'ruleendpoints',
  },
  node: {
    kind: 'Node',
    apiVersion: CORE,
    type: ResourceType.node,
    plural: 'nodes',
    namespaced: false,
    applicable: false,
  },
  lease: {
    kind: 'Lease',
    apiVersion: 'coordination.k8s.io/v1',
    type: ResourceType.lease,
    plural: 'leases',
    namespaced: true,
    applicable: false,
  },
  signingRequest: {
    kind: 'CertificateSigningRequest',
    apiVersion: 'certificates.k8s.io/v1',
    type: ResourceType.certificatesigningrequest,
    plural: 'certificatesigningrequests',
    namespaced: false,
    applicable: false,
  },
} as const satisfies Record<string, Kind>;

const ALL: readonly Kind[] = Object.values(Kinds);

/** By `kind`, the resource word or the plural, without regard to case. */
export function findKind(word: string): Kind | undefined {
  const lower = word.toLowerCase();
  return ALL.find(({ kind, plural }) => kind.toLowerCase() === lower || plural === lower);
}

export function applicableKinds(): string[] {
  return ALL.filter((kind) => kind.applicable).map(({ kind }) => kind);
}
