import { containerResources } from '../../resources/container-resources.js';
import { type CadvisorTerms, containerLabels, NODE_LABELS, podLabels } from './cadvisor-labels.js';
import { cgroupFamilies, type Subject } from './cgroup-metrics.js';
import type { Family, Figure } from './exposition.js';
import { networkFamilies } from './network-metrics.js';
import type { NodeSample } from './node-sample.js';
import type { ContainerSample, PodSample } from './pod-samples.js';
import type { Sample } from './sampler.js';

/** A gauge of one figure per container; `undefined` leaves a container out. */
type Row = readonly [
  name: string,
  help: string,
  value: (one: ContainerSample, pod: PodSample) => number | undefined,
];

/** `/metrics/cadvisor` (edged.md §12.6). */
export function cadvisorMetrics(sample: Sample, terms: CadvisorTerms): Family[] {
  const { node, pods, problem } = sample;
  return [
    ...cgroupFamilies([nodeSubject(node), ...pods.flatMap((pod) => podSubjects(pod, terms))]),
    ...containerFamilies(pods, terms, [
      ...CONTAINER,
      ...specRows(node.memory.totalBytes, terms.cpuQuota),
      [
        'container_fs_usage_bytes',
        'Number of bytes that are consumed by the container on this filesystem.',
        ({ container }, { identity }) =>
          terms.storage.get(identity.uid)?.containers.get(container.id)?.writableBytes,
      ],
    ]),
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

function nodeSubject({ time, cpuNanoseconds, memory }: NodeSample): Subject {
  const { usageBytes, workingSetBytes, rssBytes } = memory;
  const stats = {
    cpuNanoseconds,
    memoryUsageBytes: usageBytes,
    memoryWorkingSetBytes: workingSetBytes,
    memoryRssBytes: rssBytes,
  };
  return { labels: NODE_LABELS, time, stats };
}

function podSubjects(pod: PodSample, terms: CadvisorTerms): Subject[] {
  const { sandbox, containers } = pod;
  return [
    ...(sandbox?.pod ? [{ labels: podLabels(pod, terms), time: sandbox.time, stats: sandbox.pod }] : []),
    ...containers.map((one) => ({
      labels: containerLabels(one, pod, terms),
      time: one.stats.time,
      stats: one.stats,
    })),
  ];
}

function containerFamilies(pods: readonly PodSample[], terms: CadvisorTerms, rows: readonly Row[]): Family[] {
  return rows.map(([name, help, value]) => ({
    name,
    help,
    type: 'gauge',
    figures: pods.flatMap((pod) =>
      pod.containers.flatMap((one): Figure[] => {
        const found = value(one, pod);
        if (found === undefined) return [];
        return [{ labels: containerLabels(one, pod, terms), value: found, time: one.stats.time }];
      }),
    ),
  }));
}

const CONTAINER: readonly Row[] = [
  [
    'container_start_time_seconds',
    'Start time of the container since unix epoch in seconds.',
    ({ startedAt }) => startedAt / 1000,
  ],
  [
    'container_last_seen',
    'Last time a container was seen by the exporter',
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
    ['container_spec_cpu_shares', 'CPU share of the container.', spec('cpuShares')],
    ['container_spec_cpu_period', 'CPU period of the container.', spec('cpuPeriod')],
    ['container_spec_cpu_quota', 'CPU quota of the container.', spec('cpuQuota')],
    ['container_spec_memory_limit_bytes', 'Memory limit for the container.', spec('memoryLimitBytes', 0)],
  ];
}

function gauge(name: string, help: string, value: number): Family {
  return { name, help, type: 'gauge', figures: [{ value }] };
}
