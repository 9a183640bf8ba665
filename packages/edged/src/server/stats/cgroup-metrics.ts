import type { CgroupStats } from '@edgecore/container-runtime';
import type { Family, Labels } from './exposition.js';
import { seconds } from './resource-metrics.js';

/** Something the kernel counts for: a container, a pod, the machine. */
export interface Subject {
  readonly labels: Labels;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** What is not counted is left out. */
  readonly stats: Partial<CgroupStats>;
}

type Row = readonly [
  name: string,
  help: string,
  type: Family['type'],
  value: (stats: Partial<CgroupStats>) => number | bigint | undefined,
  labels?: Labels,
];

/** A family for each figure of the subjects. */
export function cgroupFamilies(subjects: readonly Subject[]): Family[] {
  return ROWS.map(([name, help, type, value, more]) => ({
    name,
    help,
    type,
    figures: subjects.flatMap(({ labels, time, stats }) => {
      const found = value(stats);
      if (found === undefined) return [];
      return [
        {
          labels: { ...labels, ...more },
          value: typeof found === 'bigint' ? seconds(found) : found,
          time,
        },
      ];
    }),
  }));
}

const ROWS: readonly Row[] = [
  [
    'container_cpu_usage_seconds_total',
    'Cumulative cpu time consumed in seconds.',
    'counter',
    (s) => s.cpuNanoseconds,
    // cAdvisor can tell CPUs apart; a kubelet's does not.
    { cpu: 'total' },
  ],
  [
    'container_cpu_user_seconds_total',
    'Cumulative user cpu time consumed in seconds.',
    'counter',
    (s) => s.cpuUserNanoseconds,
  ],
  [
    'container_cpu_system_seconds_total',
    'Cumulative system cpu time consumed in seconds.',
    'counter',
    (s) => s.cpuSystemNanoseconds,
  ],
  [
    'container_memory_usage_bytes',
    'Current memory usage in bytes, including all memory regardless of when it was accessed',
    'gauge',
    (s) => s.memoryUsageBytes,
  ],
  [
    'container_memory_working_set_bytes',
    'Current working set in bytes.',
    'gauge',
    (s) => s.memoryWorkingSetBytes,
  ],
  ['container_memory_rss', 'Size of RSS in bytes.', 'gauge', (s) => s.memoryRssBytes],
  ['container_memory_cache', 'Number of bytes of page cache memory.', 'gauge', (s) => s.memoryCacheBytes],
  [
    'container_memory_max_usage_bytes',
    'Maximum memory usage recorded in bytes',
    'gauge',
    (s) => s.memoryMaxUsageBytes,
  ],
  ['container_fs_reads_bytes_total', 'Cumulative count of bytes read', 'counter', (s) => s.diskReadBytes],
  [
    'container_fs_writes_bytes_total',
    'Cumulative count of bytes written',
    'counter',
    (s) => s.diskWriteBytes,
  ],
  ['container_processes', 'Number of processes running inside the container.', 'gauge', (s) => s.pids],
];
