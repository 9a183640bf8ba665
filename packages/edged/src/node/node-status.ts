import type { Machine } from './machine.js';
import type { NodeAddress, NodeCondition, NodeStatus, NodeSystemInfo } from './node-types.js';
import { binaryQuantity } from './parse-host.js';
import { parseThreshold, type Thresholds, thresholdAmount } from './threshold.js';

/** Everything a status is made of, in both dialects. */
export interface NodeFacts {
  readonly machine: Machine;
  readonly addresses: readonly NodeAddress[];
  /** `docker://20.10.24`. */
  readonly runtimeVersion: string;
  readonly maxPods: number;
  /** Port of edged's HTTP server. */
  readonly kubeletPort: number;
  /** Version of this agent, with its `v`. */
  readonly agentVersion: string;
  readonly thresholds: Thresholds;
  /** Names of CSI volumes, sorted. Default none. */
  readonly volumesInUse?: readonly string[];
}

/** kubelet each dialect says it is (edged.md §10.1, §10.2). */
const KUBELET = { legacy: 'v1.17.1', modern: 'v1.32.10' } as const;

/** Legacy memory that is not handed to pods: 100Mi, always. */
const LEGACY_RESERVED_MIB = 100;

/** Status in the legacy form; `conditions` and `phase` are absent at registration. */
export function legacyStatus(facts: NodeFacts, conditions?: readonly NodeCondition[]): NodeStatus {
  const memoryMiB = Math.floor(facts.machine.memoryKiB / 1024);
  const resources = (memory: number) => ({
    cpu: String(facts.machine.cpus),
    memory: `${Math.max(0, memory)}Mi`,
    pods: String(facts.maxPods),
  });
  return {
    capacity: resources(memoryMiB),
    allocatable: resources(memoryMiB - LEGACY_RESERVED_MIB),
    ...(conditions && { phase: 'Running' as const, conditions }),
    addresses: facts.addresses,
    // The registration of 2020 carries no port; every update does.
    daemonEndpoints: { kubeletEndpoint: { Port: conditions ? facts.kubeletPort : 0 } },
    nodeInfo: nodeInfo(facts, 'legacy'),
    ...volumes(facts),
  };
}

/** Status in the modern form, `daemonEndpoints` included: for the registration only. */
export function modernStatus(facts: NodeFacts, conditions: readonly NodeCondition[]): NodeStatus {
  const { machine } = facts;
  const memoryBytes = machine.memoryKiB * 1024;
  const hugeBytes = Object.values(machine.hugePages).reduce((sum, bytes) => sum + bytes, 0);
  const common = {
    cpu: String(machine.cpus),
    ...Object.fromEntries(
      Object.entries(machine.hugePages).map(([size, bytes]) => [`hugepages-${size}`, binaryQuantity(bytes)]),
    ),
    pods: String(facts.maxPods),
  };
  const { storageBytes } = machine;
  return {
    capacity: {
      ...common,
      ...(storageBytes !== undefined && { 'ephemeral-storage': binaryQuantity(storageBytes) }),
      memory: binaryQuantity(memoryBytes),
    },
    allocatable: {
      ...common,
      ...(storageBytes !== undefined && {
        // Go writes this one as a decimal number of bytes.
        'ephemeral-storage': String(storageBytes - reserved(facts, 'nodefs.available', storageBytes)),
      }),
      memory: binaryQuantity(memoryBytes - reserved(facts, 'memory.available', memoryBytes) - hugeBytes),
    },
    conditions,
    addresses: facts.addresses,
    daemonEndpoints: { kubeletEndpoint: { Port: facts.kubeletPort } },
    nodeInfo: nodeInfo(facts, 'modern'),
    ...volumes(facts),
  };
}

/** `volumesAttached` belongs to the cloud, which keeps it in both forms (edged.md §10). */
function volumes({ volumesInUse = [] }: NodeFacts): Pick<NodeStatus, 'volumesInUse'> {
  return volumesInUse.length > 0 ? { volumesInUse } : {};
}

function reserved(
  { thresholds }: NodeFacts,
  signal: 'nodefs.available' | 'memory.available',
  whole: number,
): number {
  const text = thresholds[signal];
  return text === undefined ? 0 : thresholdAmount(parseThreshold(text), whole);
}

function nodeInfo(facts: NodeFacts, dialect: keyof typeof KUBELET): NodeSystemInfo {
  const { machine } = facts;
  return {
    machineID: machine.machineId,
    systemUUID: machine.systemUuid,
    bootID: machine.bootId,
    kernelVersion: machine.kernelVersion,
    osImage: machine.osImage,
    containerRuntimeVersion: facts.runtimeVersion,
    kubeletVersion: `${KUBELET[dialect]}-kubeedge-${facts.agentVersion}`,
    kubeProxyVersion: '',
    operatingSystem: 'linux',
    architecture: machine.architecture,
  };
}
