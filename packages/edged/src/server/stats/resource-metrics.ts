import type { Family, Figure } from './exposition.js';
import { type PodSample, type PodTotals, podTotals } from './pod-samples.js';
import type { Sample } from './sampler.js';

/** `/metrics/resource` (edged.md §12.6): what metrics-server scrapes. */
export function resourceMetrics({ node, pods: all, problem }: Sample): Family[] {
  const pods = newestOfName(all);
  const containers = pods.flatMap((pod) => newestOfContainers(pod));
  const perContainer = (value: (one: (typeof containers)[number]) => number): Figure[] =>
    containers.map((one) => ({
      labels: {
        container: one.container.name,
        namespace: one.container.pod.namespace,
        pod: one.container.pod.name,
      },
      value: value(one),
      time: one.stats.time,
    }));
  const perPod = (value: (totals: PodTotals) => number): Figure[] =>
    pods.flatMap((pod) => {
      const totals = podTotals(pod);
      const { namespace, name } = pod.identity;
      return totals ? [{ labels: { namespace, pod: name }, value: value(totals), time: totals.time }] : [];
    });
  const failed: Figure[] = [{ value: problem === undefined ? 0 : 1 }];
  return [
    {
      name: 'container_cpu_usage_seconds_total',
      help: 'Cumulative cpu time consumed by the container in core-seconds',
      type: 'counter',
      figures: perContainer(({ stats }) => seconds(stats.cpuNanoseconds)),
    },
    {
      name: 'container_memory_working_set_bytes',
      help: 'Current working set of the container in bytes',
      type: 'gauge',
      figures: perContainer(({ stats }) => stats.memoryWorkingSetBytes),
    },
    {
      name: 'container_start_time_seconds',
      help: 'Start time of the container since unix epoch in seconds',
      type: 'gauge',
      figures: perContainer(({ startedAt }) => startedAt / 1000),
    },
    {
      name: 'node_cpu_usage_seconds_total',
      help: 'Cumulative cpu time consumed by the node in core-seconds',
      type: 'counter',
      figures: [{ value: seconds(node.cpuNanoseconds), time: node.time }],
    },
    {
      name: 'node_memory_working_set_bytes',
      help: 'Current working set of the node in bytes',
      type: 'gauge',
      figures: [{ value: node.memory.workingSetBytes, time: node.time }],
    },
    {
      name: 'pod_cpu_usage_seconds_total',
      help: 'Cumulative cpu time consumed by the pod in core-seconds',
      type: 'counter',
      figures: perPod(({ cpuNanoseconds }) => seconds(cpuNanoseconds)),
    },
    {
      name: 'pod_memory_working_set_bytes',
      help: 'Current working set of the pod in bytes',
      type: 'gauge',
      figures: perPod(({ workingSetBytes }) => workingSetBytes),
    },
    {
      name: 'resource_scrape_error',
      help: '1 if there was an error while getting container metrics, 0 otherwise',
      type: 'gauge',
      figures: failed,
    },
    {
      name: 'scrape_error',
      help: '1 if there was an error while getting container metrics, 0 otherwise',
      type: 'gauge',
      figures: failed,
    },
  ];
}

/** These labels do not tell a pod from the one that takes its place while it ends, and no scraper takes a series twice. */
function newestOfName(pods: readonly PodSample[]): PodSample[] {
  const oldestFirst = [...pods].sort((one, other) => one.startedAt - other.startedAt);
  return [
    ...new Map(oldestFirst.map((pod) => [`${pod.identity.namespace}/${pod.identity.name}`, pod])).values(),
  ];
}

function newestOfContainers({ containers }: PodSample): PodSample['containers'] {
  const oldestFirst = [...containers].sort((one, other) => one.startedAt - other.startedAt);
  return [...new Map(oldestFirst.map((one) => [one.container.name, one])).values()];
}

export function seconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e9;
}
