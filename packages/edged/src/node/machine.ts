import type { Host } from './host.js';
import { parseMemoryInfo, parseOsName } from './parse-host.js';

/** What the machine is, independent of dialect and engine. */
export interface Machine {
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryKiB: number;
  /** Total bytes set aside per page size: `2Mi` → bytes. */
  readonly hugePages: Readonly<Record<string, number>>;
  /** Size of the file system the root directory is on; `undefined` when it does not exist yet. */
  readonly storageBytes: number | undefined;
}

const MACHINE_ID = ['/etc/machine-id', '/var/lib/dbus/machine-id'];
const SYSTEM_UUID = [
  '/sys/class/dmi/id/product_uuid',
  '/proc/device-tree/system-id',
  '/proc/device-tree/vm,uuid',
  ...MACHINE_ID,
];
const OS_RELEASE = ['/etc/os-release', '/usr/lib/os-release'];
const HUGE_PAGES = { '2Mi': 2048, '1Gi': 1_048_576 } as const;

/** Reads what the node tells of itself; files that are missing give empty texts, never an error. */
export async function readMachine(host: Host, rootDirectory: string): Promise<Machine> {
  const [machineId, systemUuid, bootId, osRelease, memory, storage] = await Promise.all([
    firstText(host, MACHINE_ID),
    firstText(host, SYSTEM_UUID),
    host.readText('/proc/sys/kernel/random/boot_id'),
    firstText(host, OS_RELEASE),
    host.readText('/proc/meminfo'),
    host.fileSystem(rootDirectory),
  ]);
  return {
    machineId,
    systemUuid,
    bootId: bootId ?? '',
    kernelVersion: host.kernelRelease(),
    osImage: parseOsName(osRelease) ?? 'Linux',
    architecture: host.architecture(),
    cpus: host.cpus(),
    memoryKiB: parseMemoryInfo(memory ?? '').totalKiB,
    hugePages: await readHugePages(host),
    storageBytes: storage?.sizeBytes,
  };
}

async function firstText(host: Host, paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    const text = await host.readText(path);
    if (text) return text;
  }
  return '';
}

async function readHugePages(host: Host): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [size, kiB] of Object.entries(HUGE_PAGES)) {
    const count = await host.readText(`/sys/kernel/mm/hugepages/hugepages-${kiB}kB/nr_hugepages`);
    if (count !== undefined) found[size] = Number(count) * kiB * 1024;
  }
  return found;
}
