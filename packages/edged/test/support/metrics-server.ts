import type { parseExposition, Series } from './parse-exposition.js';

/** What metrics-server keeps of a container: it drops the pod of one that lacks a figure or has a zero. */
export interface MetricsPoint {
  readonly cpuNanoseconds: number;
  readonly memoryBytes: number;
  readonly startTime: number;
  readonly time: number;
}

/** Reads `/metrics/resource` as metrics-server does: it looks at five families, by name and labels. */
export function metricsServer(families: ReturnType<typeof parseExposition>): {
  readonly node: Omit<MetricsPoint, 'startTime'> | undefined;
  /** By `namespace/pod/container`. */
  readonly containers: ReadonlyMap<string, MetricsPoint>;
} {
  const series = (name: string): readonly Series[] => families.get(name)?.series ?? [];
  const keyOf = ({ labels }: Series) => `${labels['namespace']}/${labels['pod']}/${labels['container']}`;
  const byKey = (name: string) => new Map(series(name).map((one) => [keyOf(one), one]));
  const memory = byKey('container_memory_working_set_bytes');
  const starts = byKey('container_start_time_seconds');
  const containers = series('container_cpu_usage_seconds_total').flatMap((cpu) => {
    const key = keyOf(cpu);
    const point = {
      cpuNanoseconds: cpu.value * 1e9,
      memoryBytes: memory.get(key)?.value ?? 0,
      startTime: (starts.get(key)?.value ?? 0) * 1000,
      time: cpu.time ?? 0,
    };
    return Object.values(point).every((value) => value > 0) ? [[key, point] as const] : [];
  });
  const [cpu] = series('node_cpu_usage_seconds_total');
  const [nodeMemory] = series('node_memory_working_set_bytes');
  const node = cpu?.time &&
    nodeMemory?.value && {
      cpuNanoseconds: cpu.value * 1e9,
      memoryBytes: nodeMemory.value,
      time: cpu.time,
    };
  return { node: node || undefined, containers: new Map(containers) };
}
