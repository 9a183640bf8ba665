import type { EndpointAddress, EndpointSubset } from './endpoints.js';
import type { MeshPod } from './pod.js';
import type { Service, ServicePort } from './service.js';

/** Where a connection to a service can go. */
export interface Backend {
  /** `address:port`; what health and affinity remember. */
  readonly id: string;
  readonly address: string;
  readonly port: number;
}

export interface BackendSources {
  /** `undefined` when the cloud never sent a list for the service. */
  readonly pods: readonly MeshPod[] | undefined;
  readonly endpoints: readonly EndpointSubset[];
  readonly nodeName: string;
  /** `routable`: pod addresses of other nodes can be reached from here. */
  readonly podNetwork: 'hostPort' | 'routable';
}

export interface BackendSet {
  readonly backends: readonly Backend[];
  /** Why some endpoints cannot be used, a sentence each. */
  readonly unusable: readonly string[];
}

/** The endpoints of one port of a service (edgemesh.md §9). Pure. */
export function backendsOf(service: Service, port: ServicePort, sources: BackendSources): BackendSet {
  const found =
    service.hasSelector && sources.pods !== undefined
      ? sources.pods.map((pod) => ofPod(service, port, pod, sources))
      : sources.endpoints.flatMap((subset) => ofSubset(service, port, subset, sources));
  const backends = new Map<string, Backend>();
  const unusable: string[] = [];
  for (const one of found) {
    if (typeof one === 'string') unusable.push(one);
    else if (one) backends.set(one.id, one);
  }
  return { backends: [...backends.values()], unusable };
}

/** A backend, the reason why it is none, or nothing when it simply does not take part. */
type Found = Backend | string | undefined;

function ofPod(service: Service, port: ServicePort, pod: MeshPod, sources: BackendSources): Found {
  if (pod.deleting || pod.phase !== 'Running') return undefined;
  if (!pod.ready && !service.publishNotReady) return undefined;
  const target = targetOf(port, pod);
  if (target === undefined) return `pod ${pod.name} has no container port named "${port.targetPort}"`;
  if (pod.hostNetwork) return backend(pod.hostIp || pod.podIp, target.containerPort, pod);
  const here = pod.nodeName === sources.nodeName;
  if (here || sources.podNetwork === 'routable') return backend(pod.podIp, target.containerPort, pod);
  if (target.hostPort > 0) return backend(target.hostIp || pod.hostIp, target.hostPort, pod);
  return `pod ${pod.name} on node ${pod.nodeName} has no hostPort for ${target.containerPort}`;
}

interface Target {
  readonly containerPort: number;
  readonly hostPort: number;
  readonly hostIp: string;
}

function targetOf({ targetPort, protocol }: ServicePort, { ports }: MeshPod): Target | undefined {
  const ofProtocol = ports.filter((port) => port.protocol === protocol);
  if (typeof targetPort === 'string') return ofProtocol.find(({ name }) => name === targetPort);
  const declared = ofProtocol.filter(({ containerPort }) => containerPort === targetPort);
  // A port may be listed twice; the one that reaches the host is the useful one.
  return (
    declared.find(({ hostPort }) => hostPort > 0) ??
    declared[0] ?? { containerPort: targetPort, hostPort: 0, hostIp: '' }
  );
}

function ofSubset(
  service: Service,
  port: ServicePort,
  subset: EndpointSubset,
  sources: BackendSources,
): Found[] {
  const target = subset.ports.find(
    ({ name, protocol }) => protocol === port.protocol && (name === port.name || subset.ports.length === 1),
  );
  if (!target) return [];
  return subset.addresses.map((address) => {
    if (!address.ready && !service.publishNotReady) return undefined;
    if (isReachable(service, address, sources)) return make(address.ip, target.port);
    return `the host port of pod ${address.pod} on node ${address.nodeName} is not known`;
  });
}

/** Without a pod behind it an address is what somebody wrote into the endpoints: it is taken at its word. */
function isReachable(service: Service, address: EndpointAddress, sources: BackendSources): boolean {
  const { nodeName, podNetwork } = sources;
  if (!service.hasSelector || address.pod === '' || address.nodeName === '') return true;
  return address.nodeName === nodeName || podNetwork === 'routable';
}

function backend(address: string, port: number, pod: MeshPod): Found {
  return address === '' ? `pod ${pod.name} has no address yet` : make(address, port);
}

function make(address: string, port: number): Backend {
  return { id: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`, address, port };
}
