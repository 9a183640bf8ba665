import { isIPv4, isIPv6 } from 'node:net';
import { recordsOf } from '@edgecore/api';
import { isReady } from '../objects/node-status.js';
import { namespaceOf, type StoredObject, specOf, statusOf } from '../objects/stored-object.js';

/** `v1.EndpointAddress` of a pod. */
export interface PodAddress {
  readonly ip: string;
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly targetRef: {
    readonly kind: 'Pod';
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
  };
}

/** A pod's address as the service lists it, if it does: pods that have ended, are ending or have no address are left out. */
export function podAddress(service: StoredObject, pod: StoredObject): PodAddress | undefined {
  const { phase } = statusOf(pod);
  if (phase === 'Succeeded' || phase === 'Failed') return undefined;
  if (pod.metadata.deletionTimestamp && !publishesNotReady(service)) return undefined;
  const ip = addressesOf(pod).find(inFamilyOf(service));
  if (ip === undefined) return undefined;
  const { nodeName, hostname, subdomain } = specOf(pod);
  const { name, uid } = pod.metadata;
  return {
    ip,
    ...(isWord(hostname) && subdomain === service.metadata.name ? { hostname } : {}),
    ...(isWord(nodeName) ? { nodeName } : {}),
    targetRef: { kind: 'Pod', name, namespace: namespaceOf(pod), uid },
  };
}

/** Does the service send traffic to it? Without a condition a pod is not ready. */
export function isReadyFor(service: StoredObject, pod: StoredObject): boolean {
  return publishesNotReady(service) || isReady(pod);
}

function publishesNotReady(service: StoredObject): boolean {
  return specOf(service)['publishNotReadyAddresses'] === true;
}

function addressesOf(pod: StoredObject): string[] {
  const { podIP, podIPs } = statusOf(pod);
  return [podIP, ...recordsOf(podIPs).map(({ ip }) => ip)].filter(isWord);
}

/** Endpoints have one family, the service's first. */
function inFamilyOf(service: StoredObject): (ip: string) => boolean {
  const { ipFamilies } = specOf(service);
  const family: unknown = Array.isArray(ipFamilies) ? ipFamilies[0] : undefined;
  if (family === 'IPv4') return isIPv4;
  return family === 'IPv6' ? isIPv6 : () => true;
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
