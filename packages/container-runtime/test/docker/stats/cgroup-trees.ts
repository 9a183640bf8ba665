import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EngineContainer, EngineStats } from '../../../src/docker/client/engine-types.js';

/** Files by their path below a root. */
export async function writeTree(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** One cgroup of v2, as Linux 6.1 shows it after a container has written 20 MiB to its disk. */
export function v2Files(directory: string): Record<string, string> {
  const files = {
    'cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
    'cgroup.type': 'domain\n',
    'cpu.stat':
      'usage_usec 35688\nuser_usec 10211\nsystem_usec 25477\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n',
    'cpu.max': 'max 100000\n',
    'memory.current': '24264704\n',
    'memory.peak': '25202688\n',
    'memory.max': 'max\n',
    'memory.stat': [
      'anon 53248',
      'file 22953984',
      'kernel 1187840',
      'kernel_stack 16384',
      'pagetables 81920',
      'sock 0',
      'shmem 0',
      'file_mapped 1351680',
      'inactive_anon 49152',
      'active_anon 4096',
      'inactive_file 21790720',
      'active_file 1163264',
      'workingset_refault_file 0',
      'pgfault 1412',
      'pgmajfault 1',
      '',
    ].join('\n'),
    'pids.current': '3\n',
    'pids.max': 'max\n',
    // A device nothing was read from since the container started has no figures.
    'io.stat':
      '254:0 rbytes=1351680 wbytes=20971520 rios=21 wios=20 dbytes=0 dios=0\n7:0 \n8:16 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n',
  };
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [join(directory, name), text]));
}

/** The same container out of Docker's API on a machine with cgroup v2. */
export const V2_ENGINE_STATS: EngineStats = {
  read: '2026-11-26T18:14:05.491041931Z',
  pids_stats: { current: 3 },
  blkio_stats: {
    io_service_bytes_recursive: [
      { op: 'read', value: 1_351_680 },
      { op: 'write', value: 20_971_520 },
      { op: 'read', value: 4096 },
      { op: 'write', value: 0 },
    ],
  },
  cpu_stats: {
    cpu_usage: { total_usage: 35_688_000, usage_in_kernelmode: 25_477_000, usage_in_usermode: 10_211_000 },
  },
  memory_stats: {
    usage: 24_264_704,
    stats: {
      active_anon: 4096,
      active_file: 1_163_264,
      anon: 53_248,
      file: 22_953_984,
      inactive_anon: 49_152,
      inactive_file: 21_790_720,
      kernel_stack: 16_384,
      pgfault: 1412,
      pgmajfault: 1,
    },
  },
};

/** One container in the four hierarchies of v1 that count, below `directory` in each. */
export function v1Files(
  directory: string,
  hierarchies = { cpu: 'cpu,cpuacct', io: 'blkio' },
): Record<string, string> {
  const at = (hierarchy: string, name: string) => join(hierarchy, directory, name);
  return {
    [at(hierarchies.cpu, 'cpuacct.usage')]: '35688136\n',
    [at(hierarchies.cpu, 'cpuacct.stat')]: 'user 1\nsystem 2\n',
    [at('memory', 'memory.usage_in_bytes')]: '24264704\n',
    [at('memory', 'memory.max_usage_in_bytes')]: '25202688\n',
    [at('memory', 'memory.stat')]: [
      'cache 0',
      'rss 0',
      'inactive_file 0',
      'pgfault 0',
      'total_cache 22953984',
      'total_rss 53248',
      'total_inactive_file 21790720',
      'total_pgfault 1412',
      'total_pgmajfault 1',
      '',
    ].join('\n'),
    [at('pids', 'pids.current')]: '3\n',
    // This scheduler is not the one in use.
    [at(hierarchies.io, 'blkio.bfq.io_service_bytes_recursive')]: 'Total 0\n',
    [at(hierarchies.io, 'blkio.throttle.io_service_bytes_recursive')]:
      '254:0 Read 1351680\n254:0 Write 20971520\n254:0 Sync 0\n254:0 Async 22323200\n254:0 Total 22323200\n8:16 Read 4096\n8:16 Write 0\nTotal 22327296\n',
  };
}

/** What `docker inspect` says of a running container. */
export function inspected(
  id: string,
  pid: number,
  more: { labels?: Record<string, string>; network?: string } = {},
) {
  return {
    Id: id,
    Created: '2026-11-26T18:14:00Z',
    Name: '/x',
    Image: 'sha256:abc',
    State: { Running: true, Pid: pid },
    Config: { Labels: more.labels ?? {} },
    HostConfig: { NetworkMode: more.network ?? 'container:other' },
  } satisfies EngineContainer;
}
