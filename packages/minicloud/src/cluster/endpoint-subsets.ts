import { recordsOf } from '@edgecore/api';
import { type Fields, type StoredObject, specOf } from '../objects/stored-object.js';
import { isReadyFor, type PodAddress, podAddress } from './endpoint-pods.js';

/** `v1.EndpointPort`. */
export interface EndpointPort {
  readonly name?: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

/** `v1.EndpointSubset`: each address has each port. */
export interface EndpointSubset {
  readonly addresses?: readonly PodAddress[];
  readonly notReadyAddresses?: readonly PodAddress[];
  readonly ports?: readonly EndpointPort[];
}

interface Endpoint {
  readonly address: PodAddress;
  readonly ready: boolean;
}

/**
 * What Kubernetes' endpoints controller makes of a service and its pods:
 * ports that lead to the same pods share a subset, in an order that does not
 * depend on the pods'. Always the same result for the same input.
 */
export function endpointSubsets(service: StoredObject, pods: readonly StoredObject[]): EndpointSubset[] {
  const byPort = new Map<
    string,
    { readonly port?: EndpointPort; readonly endpoints: Map<string, Endpoint> }
  >();
  for (const pod of pods) {
    const address = podAddress(service, pod);
    if (!address) continue;
    const endpoint = { address, ready: isReadyFor(service, pod) };
    for (const port of portsOn(service, pod)) {
      const key = JSON.stringify(port ?? null);
      const entry = byPort.get(key) ?? { ...(port ? { port } : {}), endpoints: new Map() };
      entry.endpoints.set(pod.metadata.uid, endpoint);
      byPort.set(key, entry);
    }
  }
  const shared = new Map<string, { readonly endpoints: Endpoint[]; readonly ports: EndpointPort[] }>();
  for (const [, { port, endpoints }] of [...byPort].sort(byKey)) {
    const sorted = [...endpoints.values()].sort(byAddress);
    const key = JSON.stringify(sorted);
    const entry = shared.get(key) ?? { endpoints: sorted, ports: [] };
    if (port) entry.ports.push(port);
    shared.set(key, entry);
  }
  return [...shared].sort(byKey).map(([, { endpoints, ports }]) => subset(endpoints, ports));
}

function subset(endpoints: readonly Endpoint[], ports: readonly EndpointPort[]): EndpointSubset {
  const addresses = endpoints.filter(({ ready }) => ready).map(({ address }) => address);
  const notReadyAddresses = endpoints.filter(({ ready }) => !ready).map(({ address }) => address);
  return {
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  };
}

/** The service's ports this pod has; `[undefined]` for a headless service that names none. */
function portsOn(service: StoredObject, pod: StoredObject): (EndpointPort | undefined)[] {
  const ports = recordsOf(specOf(service)['ports']);
  if (ports.length === 0) return [undefined];
  return ports.flatMap((servicePort) => {
    const { name, appProtocol } = servicePort;
    const protocol = String(servicePort['protocol'] ?? 'TCP');
    const port = targetPort(servicePort, protocol, pod);
    if (port === undefined) return [];
    return {
      ...(typeof name === 'string' && name !== '' ? { name } : {}),
      port,
      protocol,
      ...(typeof appProtocol === 'string' ? { appProtocol } : {}),
    };
  });
}

/** A number counts as it is; a name is looked up in the pod, whose own number it stands for. */
function targetPort({ port, targetPort }: Fields, protocol: string, pod: StoredObject): number | undefined {
  const target = targetPort === undefined || targetPort === 0 || targetPort === '' ? port : targetPort;
  if (typeof target === 'number') return target;
  if (typeof target !== 'string') return undefined;
  if (/^\d+$/.test(target)) return Number(target);
  const { containers, initContainers } = specOf(pod);
  const sidecars = recordsOf(initContainers).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const container of [...recordsOf(containers), ...sidecars]) {
    const found = recordsOf(container['ports']).find(
      ({ name, protocol: own = 'TCP' }) => name === target && own === protocol,
    );
    if (typeof found?.['containerPort'] === 'number') return found['containerPort'];
  }
  return undefined;
}

function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}

function byAddress({ address: one }: Endpoint, { address: other }: Endpoint): number {
  const key = ({ ip, targetRef }: PodAddress) => `${ip}/${targetRef.uid}`;
  return key(one) < key(other) ? -1 : 1;
}
