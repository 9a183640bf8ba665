import type { FileSystemUsage } from '../../node/host.js';
import { rfc3339 } from '../../ports/clock.js';
import { memoryLimitOf } from './memory-limit.js';
import type { NodeSample } from './node-sample.js';
import { type ContainerSample, type PodSample, type PodTotals, podTotals } from './pod-samples.js';
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
  const totals = pods.map(podTotals).filter((one) => one !== undefined);
  const sum = (value: (one: PodTotals) => number) => totals.reduce((all, one) => all + value(one), 0);
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
    containers: pod.containers.map((one) => ({
      name: one.container.name,
      startTime: rfc3339(one.startedAt),
      cpu: cpu(one.stats.time, one.stats.cpuNanoseconds, rates.get(one.container.id)),
      memory: containerMemory(one, pod),
      ...(disks && storage && containerDisks(one.container.id, disks, storage)),
    })),
    ...(totals && {
      cpu: cpu(totals.time, totals.cpuNanoseconds, rates.get(uid)),
      memory: { time: rfc3339(totals.time), ...memoryFields(totals) },
    }),
    ...(disks && podNetwork(pod)),
    ...(disks && storage && podDisks(storage, disks)),
    ...(totals && { process_stats: { process_count: totals.processes } }),
  };
}

/** What is available is known of a container with a limit only. */
function containerMemory({ container, stats }: ContainerSample, { pod }: PodSample): object {
  const limit = pod && memoryLimitOf(pod, container.name);
  return {
    time: rfc3339(stats.time),
    ...(limit !== undefined && { availableBytes: Math.max(0, limit - stats.memoryWorkingSetBytes) }),
    usageBytes: stats.memoryUsageBytes,
    workingSetBytes: stats.memoryWorkingSetBytes,
    rssBytes: stats.memoryRssBytes,
    ...(stats.pageFaults !== undefined && { pageFaults: stats.pageFaults }),
    ...(stats.majorPageFaults !== undefined && { majorPageFaults: stats.majorPageFaults }),
  };
}

function containerDisks(id: string, disks: SummaryDisks, { time, containers }: PodStorage): object {
  const use = containers.get(id);
  if (!use) return {};
  const at = rfc3339(time);
  return {
    ...(disks.image && { rootfs: { ...room(at, disks.image), usedBytes: use.writableBytes } }),
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
    ...(disks.node && { 'ephemeral-storage': { ...room(at, disks.node), usedBytes: used } }),
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

/** A file system and what is used of it. */
function disk(time: string, use: FileSystemUsage) {
  const { sizeBytes, availableBytes, freeBytes, inodes, freeInodes } = use;
  return {
    ...room(time, use),
    usedBytes: sizeBytes - (freeBytes ?? availableBytes),
    ...(inodes > 0 && { inodesUsed: inodes - freeInodes }),
  };
}

/** The file system something lies on that uses a part of it. */
function room(time: string, { sizeBytes, availableBytes, inodes, freeInodes }: FileSystemUsage) {
  return {
    time,
    availableBytes,
    capacityBytes: sizeBytes,
    ...(inodes > 0 && { inodesFree: freeInodes, inodes }),
  };
}

function writableBytes({ pods }: SummaryDisks): number {
  return [...pods.values()]
    .flatMap(({ containers }) => [...containers.values()])
    .reduce((sum, { writableBytes: bytes }) => sum + bytes, 0);
}
