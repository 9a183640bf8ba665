import type { Message } from '@edgecore/beehive';
import { createMessage } from '@edgecore/beehive';

/** The service of the specification's examples (edgemesh.md §4.1), with other ports if given. */
export function service(name = 'nginx-svc', change: Record<string, unknown> = {}) {
  return {
    metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: '12345' },
    spec: {
      ports: [{ name: 'http-0', protocol: 'TCP', port: 12345, targetPort: 80 }],
      selector: { app: 'nginx' },
      clusterIP: 'None',
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ...change,
    },
    status: { loadBalancer: {} },
  };
}

export interface PodChange {
  readonly spec?: Record<string, unknown>;
  readonly status?: Record<string, unknown>;
  readonly metadata?: Record<string, unknown>;
  readonly ports?: readonly Record<string, unknown>[];
}

export function pod(name: string, { spec, status, metadata, ports }: PodChange = {}) {
  return {
    metadata: { name, namespace: 'default', labels: { app: 'nginx' }, creationTimestamp: null, ...metadata },
    spec: {
      nodeName: 'edge-a',
      containers: [{ name: 'nginx', image: 'nginx', resources: {}, ports: ports ?? [] }],
      ...spec,
    },
    status: { phase: 'Running', hostIP: '192.168.1.11', podIP: '172.17.0.2', ...status },
  };
}

/** p1 and p2 of the examples' fixture: here without hostPort, and on another node with one. */
export const p1 = pod('p1', { ports: [{ containerPort: 80, protocol: 'TCP' }] });
export const p2 = pod('p2', {
  spec: { nodeName: 'edge-b' },
  status: { hostIP: '192.168.1.12', podIP: '172.17.0.3' },
  ports: [{ hostPort: 8080, containerPort: 80, protocol: 'TCP' }],
});

/** Endpoints that say where to go, for services without selector. */
export function endpoints(name: string, addresses: readonly string[], port: number, portName = '') {
  return {
    metadata: { name, namespace: 'default' },
    subsets: [
      {
        addresses: addresses.map((ip) => ({ ip })),
        ports: [{ ...(portName && { name: portName }), port, protocol: 'TCP' }],
      },
    ],
  };
}

export function fromCloud(
  operation: string,
  resource: string,
  content: unknown,
  source = 'edgecontroller',
): Message {
  return createMessage<unknown>({ source, group: 'resource', operation, resource, content });
}
