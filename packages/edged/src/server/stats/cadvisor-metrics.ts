import type { ContainerStats, NetworkStats } from '@edgecore/container-runtime';
import type { Pod } from '../../kube-types.js';
import { containerResources } from '../../resources/container-resources.js';
import type { Family, Figure, Labels } from './exposition.js';
import type { ContainerSample, PodSample } from './pod-samples.js';
import { seconds } from './resource-metrics.js';
import type { Sample } from './sampler.js';
import type { PodStorage } from './storage.js';

export interface CadvisorTerms {
  /** By pod uid. */
  readonly storage: ReadonlyMap<string, PodStorage>;
  /** Cgroup of a pod, as the `id` label begins. */
  cgroupOf(pod: Pod | undefined): string;
  readonly cpuQuota: boolean;
}

/** A family of one figure per container; `undefined` leaves a container out. */
type Row = readonly [
  name: string,
  help: string,
  type: Family['type'],
  value: (one: ContainerSample, pod: PodSample) => number | undefined,
];

/** `/metrics/cadvisor` (edged.md §12.6). */
export function cadvisorMetrics(sample: Sample, terms: CadvisorTerms): Family[] {
  const { node, pods, problem } = sample;
  const rows: Row[] = [
    ...USAGE,
    ...specRows(node.memory.totalBytes, terms.cpuQuota),
    [
      'container_fs_usage_bytes',
      'Number of bytes that are consumed by the container on this filesystem.',
      'gauge',
      ({ container }, { identity }) =>
        terms.storage.get(identity.uid)?.containers.get(container.id)?.writableBytes,
    ],
  ];
  return [
    ...rows.map(([name, help, type, value]) => ({
      name,
      help,
      type,
      figures: pods.flatMap((pod) =>
        pod.containers.flatMap((one): Figure[] => {
          const found = value(one, pod);
          const labels = containerLabels(one, pod, terms);
          return found === undefined ? [] : [{ labels, value: found, time: one.stats.time }];
        }),
      ),
    })),
    ...networkFamilies(pods, terms),
    gauge('machine_cpu_cores', 'Number of logical CPU cores.', node.cpus),
    gauge('machine_memory_bytes', 'Amount of memory installed on the machine.', node.memory.totalBytes),
    gauge(
      'container_scrape_error',
      '1 if there was an error while getting container metrics, 0 otherwise',
      problem === undefined ? 0 : 1,
    ),
  ];
}

const stat =
  (value: (stats: ContainerStats) => number | bigint | undefined) =>
  ({ stats }: ContainerSample) => {
    const found = value(stats);
    return typeof found === 'bigint' ? seconds(found) : found;
  };

const USAGE: readonly Row[] = [
  [
    'container_cpu_usage_seconds_total',
    'Cumulative cpu time consumed in seconds.',
    'counter',
    stat((s) => s.cpuNanoseconds),
  ],
  [
    'container_cpu_user_seconds_total',
    'Cumulative user cpu time consumed in seconds.',
    'counter',
    stat((s) => s.cpuUserNanoseconds),
  ],
  [
    'container_cpu_system_seconds_total',
    'Cumulative system cpu time consumed in seconds.',
    'counter',
    stat((s) => s.cpuSystemNanoseconds),
  ],
  [
    'container_memory_usage_bytes',
    'Current memory usage in bytes, including all memory regardless of when it was accessed',
    'gauge',
    stat((s) => s.memoryUsageBytes),
  ],
  [
    'container_memory_working_set_bytes',
    'Current working set in bytes.',
    'gauge',
    stat((s) => s.memoryWorkingSetBytes),
  ],
  ['container_memory_rss', 'Size of RSS in bytes.', 'gauge', stat((s) => s.memoryRssBytes)],
  [
    'container_memory_cache',
    'Number of bytes of page cache memory.',
    'gauge',
    stat((s) => s.memoryCacheBytes),
  ],
  [
    'container_memory_max_usage_bytes',
    'Maximum memory usage recorded in bytes',
    'gauge',
    stat((s) => s.memoryMaxUsageBytes),
  ],
  [
    'container_fs_reads_bytes_total',
    'Cumulative count of bytes read',
    'counter',
    stat((s) => s.diskReadBytes),
  ],
  [
    'container_fs_writes_bytes_total',
    'Cumulative count of bytes written',
    'counter',
    stat((s) => s.diskWriteBytes),
  ],
  ['container_processes', 'Number of processes running inside the container.', 'gauge', stat((s) => s.pids)],
  [
    'container_start_time_seconds',
    'Start time of the container since unix epoch in seconds.',
    'gauge',
    ({ startedAt }) => startedAt / 1000,
  ],
  [
    'container_last_seen',
    'Last time a container was seen by the exporter',
    'gauge',
    ({ stats }) => Math.floor(stats.time / 1000),
  ],
];

/** What the pod's spec asks for; absent limits are 0, as cAdvisor writes them. */
function specRows(nodeMemoryBytes: number, cpuQuota: boolean): Row[] {
  const spec =
    (key: 'cpuShares' | 'cpuPeriod' | 'cpuQuota' | 'memoryLimitBytes', absent?: number) =>
    ({ container }: ContainerSample, { pod }: PodSample) => {
      const found = pod?.spec.containers.find(({ name }) => name === container.name);
      if (!pod || !found) return undefined;
      return containerResources(pod, found, { nodeMemoryBytes, cpuQuota })[key] ?? absent;
    };
  return [
    ['container_spec_cpu_shares', 'CPU share of the container.', 'gauge', spec('cpuShares')],
    ['container_spec_cpu_period', 'CPU period of the container.', 'gauge', spec('cpuPeriod')],
    ['container_spec_cpu_quota', 'CPU quota of the container.', 'gauge', spec('cpuQuota')],
    [
      'container_spec_memory_limit_bytes',
      'Memory limit for the container.',
      'gauge',
      spec('memoryLimitBytes', 0),
    ],
  ];
}

const NETWORK: readonly (readonly [string, string, (counters: NetworkStats) => number | undefined])[] = [
  ['container_network_receive_bytes_total', 'Cumulative count of bytes received', (n) => n.rxBytes],
  ['container_network_receive_packets_total', 'Cumulative count of packets received', (n) => n.rxPackets],
  [
    'container_network_receive_errors_total',
    'Cumulative count of errors encountered while receiving',
    (n) => n.rxErrors,
  ],
  [
    'container_network_receive_packets_dropped_total',
    'Cumulative count of packets dropped while receiving',
    (n) => n.rxDropped,
  ],
  ['container_network_transmit_bytes_total', 'Cumulative count of bytes transmitted', (n) => n.txBytes],
  ['container_network_transmit_packets_total', 'Cumulative count of packets transmitted', (n) => n.txPackets],
  [
    'container_network_transmit_errors_total',
    'Cumulative count of errors encountered while transmitting',
    (n) => n.txErrors,
  ],
  [
    'container_network_transmit_packets_dropped_total',
    'Cumulative count of packets dropped while transmitting',
    (n) => n.txDropped,
  ],
];

/** A pod's interfaces belong to its sandbox, which cAdvisor shows as a container without a name. */
function networkFamilies(pods: readonly PodSample[], terms: CadvisorTerms): Family[] {
  return NETWORK.map(([name, help, value]) => ({
    name,
    help,
    type: 'counter',
    figures: pods.flatMap(({ sandbox, identity, pod }) =>
      (sandbox?.networks ?? []).flatMap((counters): Figure[] => {
        const found = value(counters);
        const labels: Labels = {
          container: '',
          id: `${terms.cgroupOf(pod)}/${sandbox!.id}`,
          image: '',
          interface: counters.name,
          name: '',
          namespace: identity.namespace,
          pod: identity.name,
        };
        return found === undefined ? [] : [{ labels, value: found, time: sandbox!.time }];
      }),
    ),
  }));
}

function containerLabels(
  { container }: ContainerSample,
  { identity, pod }: PodSample,
  terms: CadvisorTerms,
): Labels {
  const { uid, namespace, name } = identity;
  return {
    container: container.name,
    id: `${terms.cgroupOf(pod)}/${container.id}`,
    image: container.image,
    // As the engine names it (edged.md §5).
    name: `k8s_${container.name}_${name}_${namespace}_${uid}_${container.meta.restartCount}`,
    namespace,
    pod: name,
  };
}

function gauge(name: string, help: string, value: number): Family {
  return { name, help, type: 'gauge', figures: [{ value }] };
}
