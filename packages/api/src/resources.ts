import { InvalidResourceError } from './errors.js';

/** Resource type words: the second part of `<namespace>/<type>[/<name>]` (wire.md §1.2). */
export const ResourceType = {
  pod: 'pod',
  configmap: 'configmap',
  secret: 'secret',
  node: 'node',
  podlist: 'podlist',
  podstatus: 'podstatus',
  nodestatus: 'nodestatus',
  podpatch: 'podpatch',
  nodepatch: 'nodepatch',
  service: 'service',
  servicelist: 'servicelist',
  endpoints: 'endpoints',
  endpointslist: 'endpointslist',
  listener: 'listener',
  persistentvolume: 'persistentvolume',
  persistentvolumeclaim: 'persistentvolumeclaim',
  volumeattachment: 'volumeattachment',
  volume: 'volume',
  event: 'event',
  serviceaccounttoken: 'serviceaccounttoken',
  serviceaccountaccess: 'serviceaccountaccess',
  lease: 'lease',
  certificatesigningrequest: 'certificatesigningrequest',
  device: 'device',
  devicemodel: 'devicemodel',
} as const;

/** Literal resources that do not follow `<namespace>/<type>/<name>`. */
export const Resource = {
  /** The internal connection event (edgehub.md §5.3). */
  nodeConnection: 'node/connection',
  /** The cloud CA (wire.md §6.1 D24). */
  clusterCa: 'k8s/ca.crt',
  /** Keepalive (wire.md §5.3). */
  keepalive: 'node',
} as const;

/** Namespace word for cluster-scoped objects of today's cloud (wire.md §1.3). */
export const CLUSTER_SCOPE = 'null';

/** A resource string taken apart. `name` is `''` when the string has two parts. */
export interface ParsedResource {
  readonly namespace: string;
  readonly type: string;
  readonly name: string;
}

/**
 * Takes `<namespace>/<type>[/<name>]` apart (beehive.md §4).
 *
 * @throws {InvalidResourceError} when there are not two or three non-empty parts.
 */
export function parseResource(resource: string): ParsedResource {
  const parts = resource.split('/');
  if (parts.length < 2 || parts.length > 3 || parts.some((part) => part === '')) {
    throw new InvalidResourceError(resource);
  }
  return { namespace: parts[0]!, type: parts[1]!, name: parts[2] ?? '' };
}

/** Joins a resource string; `name` is left out when empty. */
export function formatResource(namespace: string, type: string, name = ''): string {
  return name === '' ? `${namespace}/${type}` : `${namespace}/${type}/${name}`;
}
