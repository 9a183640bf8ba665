import { list, portNumber, record, text } from './read.js';
import type { Protocol } from './service.js';

export interface ContainerPort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly containerPort: number;
  /** 0 for none. */
  readonly hostPort: number;
  /** Address the host port is bound to; `''` for all. */
  readonly hostIp: string;
}

/** What the mesh needs of a v1.Pod. */
export interface MeshPod {
  readonly namespace: string;
  readonly name: string;
  readonly nodeName: string;
  readonly hostname: string;
  readonly hostNetwork: boolean;
  readonly deleting: boolean;
  readonly phase: string;
  readonly ready: boolean;
  readonly podIp: string;
  readonly hostIp: string;
  readonly ports: readonly ContainerPort[];
}

/** Reads a pod; `undefined` for what has no name. */
export function readPod(raw: unknown): MeshPod | undefined {
  const pod = record(raw);
  const metadata = record(pod['metadata']);
  const spec = record(pod['spec']);
  const status = record(pod['status']);
  const name = text(metadata['name']);
  if (name === '') return undefined;
  return {
    namespace: text(metadata['namespace']),
    name,
    nodeName: text(spec['nodeName']),
    hostname: text(spec['hostname']) || name,
    hostNetwork: spec['hostNetwork'] === true,
    deleting: typeof metadata['deletionTimestamp'] === 'string',
    phase: text(status['phase']),
    ready: isReady(status['conditions']),
    podIp: text(status['podIP']),
    hostIp: text(status['hostIP']),
    ports: list(spec['containers']).flatMap((container) =>
      list(record(container)['ports']).flatMap(readContainerPort),
    ),
  };
}

/** A missing condition is ready: 2020's status did not always have it (edgemesh.md §9). */
function isReady(conditions: unknown): boolean {
  const ready = list(conditions)
    .map(record)
    .find(({ type }) => type === 'Ready');
  return ready === undefined || ready['status'] === 'True';
}

function readContainerPort(raw: unknown): ContainerPort[] {
  const entry = record(raw);
  const protocol = entry['protocol'] ?? 'TCP';
  const containerPort = portNumber(entry['containerPort']);
  if ((protocol !== 'TCP' && protocol !== 'UDP') || containerPort === 0) return [];
  const hostIp = text(entry['hostIP']);
  return [
    {
      name: text(entry['name']),
      protocol,
      containerPort,
      hostPort: portNumber(entry['hostPort']),
      hostIp: hostIp === '0.0.0.0' ? '' : hostIp,
    },
  ];
}
