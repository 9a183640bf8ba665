import type { FileSystemUsage } from '../../node/host.js';
import { rfc3339 } from '../../ports/clock.js';
import type { NodeSample } from './node-sample.js';
import { type PodSample, podTotals } from './pod-samples.js';
import type { Sample } from './sampler.js';
import type { PodStorage } from './storage.js';

/** File systems of the node; absent ones are left out, and all of them when only CPU and memory are wanted. */
export interface SummaryDisks {
  readonly node?: FileSystemUsage;
  readonly image?: FileSystemUsage & { readonly usedBytes: number };
  readonly logs?: FileSystemUsage;
  /** By pod uid. */
  readonly pods: ReadonlyMap<string, PodStorage>;
}

/** `/stats/summary` (edged.md §12.5): times are whole seconds, numbers integers, what is unknown is left out. */
export function summary(nodeName: string, sample: Sample, disks: SummaryDisks | undefined): object {
  const { node, rates } = sample;
  const time = rfc3339(node.time);
  return {
    node: {
      nodeName,
      systemContainers: [podsContainer(sample)],
      startTime: rfc3339(node.bootTime),
      cpu: cpu(node.time, node.cpuNanoseconds, rates.get('node')),
      memory: {
        time,
        availableBytes: Math.max(0, node.memory.totalBytes - node.memory.workingSetBytes),
        ...memoryFields(node.memory),
      },
      ...(disks && network(node)),
      ...(disks?.node && { fs: disk(time, disks.node) }),
      ...(disks?.image && {
        runtime: {
          imageFs: { ...disk(time, disks.image), usedBytes: disks.image.usedBytes },
          containerFs: { ...disk(time, disks.image), usedBytes: writableBytes(disks) },
        },
      }),
      ...(node.threads !== undefined && {
        rlimit: { time, ...(node.maxThreads && { maxpid: node.maxThreads }), curproc: node.threads },
      }),
    },
    pods: sample.pods.map((pod) => podSummary(pod, sample, disks)),
  };
}

/** All pods together, as the cgroup above them would count them. */
function podsContainer({ node, pods, rates }: Sample): object {
  const totals = pods.map(podTotals);
  const sum = (value: (one: (typeof totals)[number]) => number) =>
    totals.reduce((all, one) => all + value(one), 0);
  const cpuNanoseconds = totals.reduce((all, one) => all + one.cpuNanoseconds, 0n);
  const workingSetBytes = sum((one) => one.workingSetBytes);
  return {
    name: 'pods',
    startTime: rfc3339(node.bootTime),
    cpu: cpu(node.time, cpuNanoseconds, rates.get('pods')),
    memory: {
      time: rfc3339(node.time),
      availableBytes: Math.max(0, node.memory.totalBytes - workingSetBytes),
      usageBytes: sum((one) => one.usageBytes),
      workingSetBytes,
      rssBytes: sum((one) => one.rssBytes),
      pageFaults: sum((one) => one.pageFaults),
      majorPageFaults: sum((one) => one.majorPageFaults),
    },
  };
}

function podSummary(pod: PodSample, { rates }: Sample, disks: SummaryDisks | undefined): object {
  const totals = podTotals(pod);
  const { name, namespace, uid } = pod.identity;
  const storage = disks?.pods.get(uid);
  return {
    podRef: { name, namespace, uid },
    startTime: rfc3339(pod.startedAt),
    containers: pod.containers.map(({ container, stats, startedAt }) => ({
      name: container.name,
      startTime: rfc3339(startedAt),
      cpu: cpu(stats.time, stats.cpuNanoseconds, rates.get(container.id)),
      memory: {
        time: rfc3339(stats.time),
        usageBytes: stats.memoryUsageBytes,
        workingSetBytes: stats.memoryWorkingSetBytes,
        rssBytes: stats.memoryRssBytes,
        ...(stats.pageFaults !== undefined && { pageFaults: stats.pageFaults }),
        ...(stats.majorPageFaults !== undefined && { majorPageFaults: stats.majorPageFaults }),
      },
      ...(disks && storage && containerDisks(container.id, disks, storage)),
    })),
    cpu: cpu(totals.time, totals.cpuNanoseconds, rates.get(uid)),
    memory: { time: rfc3339(totals.time), ...memoryFields(totals) },
    ...(disks && podNetwork(pod)),
    ...(disks && storage && podDisks(storage, disks)),
    process_stats: { process_count: totals.processes },
  };
}

function containerDisks(id: string, disks: SummaryDisks, { time, containers }: PodStorage): object {
  const use = containers.get(id);
  if (!use) return {};
  const at = rfc3339(time);
  return {
    ...(disks.image && { rootfs: { ...disk(at, disks.image), usedBytes: use.writableBytes } }),
    ...(disks.logs && {
      logs: { ...disk(at, disks.logs), usedBytes: use.logBytes, inodesUsed: use.logInodes },
    }),
  };
}

function podDisks({ time, containers, volumes }: PodStorage, disks: SummaryDisks): object {
  const at = rfc3339(time);
  const onNode = volumes.filter(({ isMounted }) => !isMounted);
  const used =
    [...containers.values()].reduce((sum, one) => sum + one.writableBytes + one.logBytes, 0) +
    onNode.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
  return {
    ...(volumes.length > 0 && {
      volume: volumes.map(({ name, usedBytes, inodesUsed, fileSystem }) => ({
        ...(fileSystem && disk(at, fileSystem)),
        usedBytes,
        inodesUsed,
        name,
      })),
    }),
    ...(disks.node && { 'ephemeral-storage': { ...disk(at, disks.node), usedBytes: used } }),
  };
}

function cpu(time: number, nanoseconds: bigint, rate: number | undefined): object {
  return {
    time: rfc3339(time),
    ...(rate !== undefined && { usageNanoCores: rate }),
    usageCoreNanoSeconds: Number(nanoseconds),
  };
}

interface MemoryFigures {
  readonly usageBytes: number;
  readonly workingSetBytes: number;
  readonly rssBytes: number;
  readonly pageFaults: number;
  readonly majorPageFaults: number;
}

function memoryFields({ usageBytes, workingSetBytes, rssBytes, pageFaults, majorPageFaults }: MemoryFigures) {
  return { usageBytes, workingSetBytes, rssBytes, pageFaults, majorPageFaults };
}

function network({ time, interfaces, mainInterface }: NodeSample): object {
  if (interfaces.length === 0) return {};
  const main = interfaces.find(({ name }) => name === mainInterface);
  return { network: { time: rfc3339(time), ...main, interfaces } };
}

function podNetwork({ sandbox }: PodSample): object {
  const interfaces = (sandbox?.networks ?? []).map(({ name, rxBytes, rxErrors, txBytes, txErrors }) => ({
    name,
    rxBytes,
    rxErrors,
    txBytes,
    txErrors,
  }));
  if (!sandbox || interfaces.length === 0) return {};
  const main = interfaces.find(({ name }) => name === 'eth0') ?? interfaces[0];
  return { network: { time: rfc3339(sandbox.time), ...main, interfaces } };
}

function disk(time: string, { sizeBytes, availableBytes, freeBytes, inodes, freeInodes }: FileSystemUsage) {
  return {
    time,
    availableBytes,
    capacityBytes: sizeBytes,
    usedBytes: sizeBytes - (freeBytes ?? availableBytes),
    ...(inodes > 0 && { inodesFree: freeInodes, inodes, inodesUsed: inodes - freeInodes }),
  };
}

function writableBytes({ pods }: SummaryDisks): number {
  return [...pods.values()]
    .flatMap(({ containers }) => [...containers.values()])
    .reduce((sum, { writableBytes: bytes }) => sum + bytes, 0);
}
