import type { CgroupStats } from '../../runtime.js';

type MemoryStats = Pick<
  CgroupStats,
  | 'memoryUsageBytes'
  | 'memoryWorkingSetBytes'
  | 'memoryRssBytes'
  | 'memoryCacheBytes'
  | 'memoryMaxUsageBytes'
  | 'pageFaults'
  | 'majorPageFaults'
>;

/**
 * The formulas of edged.md §12.5. `stat` has the keys of the kernel's `memory.stat`, as the engine hands them on:
 * `total_…` on cgroup v1 (children included), `anon`, `file` … on v2.
 */
export function memoryFigures(
  usage: number,
  stat: Readonly<Record<string, number>>,
  peak: number | undefined,
): MemoryStats {
  const inactive = stat['total_inactive_file'] ?? stat['inactive_file'] ?? 0;
  return {
    memoryUsageBytes: usage,
    memoryWorkingSetBytes: Math.max(0, usage - inactive),
    memoryRssBytes: stat['total_rss'] ?? stat['anon'] ?? 0,
    ...optional('memoryCacheBytes', stat['total_cache'] ?? stat['file']),
    ...optional('memoryMaxUsageBytes', peak),
    ...optional('pageFaults', stat['total_pgfault'] ?? stat['pgfault']),
    ...optional('majorPageFaults', stat['total_pgmajfault'] ?? stat['pgmajfault']),
  };
}

/** Sums over devices; cgroup v1 writes `Read`, v2 `read`. */
export function deviceBytes(
  entries: readonly { readonly op: string; readonly value: number }[],
): Pick<CgroupStats, 'diskReadBytes' | 'diskWriteBytes'> {
  const sum = (op: string) =>
    entries.reduce((total, entry) => total + (entry.op.toLowerCase() === op ? entry.value : 0), 0);
  return { diskReadBytes: sum('read'), diskWriteBytes: sum('write') };
}

/** The property, where there is a value. */
export function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };
}
