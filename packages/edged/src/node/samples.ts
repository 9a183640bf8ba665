import type { FileSystemUsage, Host } from './host.js';
import { parseMemoryInfo, parseThreadCount } from './parse-host.js';
import type { PressureSignal } from './threshold.js';

/** How much of something there is, and how much of it is left. */
export interface Sample {
  readonly whole: number;
  readonly left: number;
}

export type Samples = Readonly<Partial<Record<PressureSignal, Sample>>>;

/**
 * Reads the figures of all signals; what cannot be read is absent.
 *
 * @param imageRoot Directory on the file system of the images; `undefined` while unknown.
 */
export async function readSamples(
  host: Host,
  rootDirectory: string,
  imageRoot: string | undefined,
): Promise<Samples> {
  const [memory, node, image, loadavg, pidMax] = await Promise.all([
    host.readText('/proc/meminfo'),
    host.fileSystem(rootDirectory),
    imageRoot === undefined ? undefined : host.fileSystem(imageRoot),
    host.readText('/proc/loadavg'),
    host.readText('/proc/sys/kernel/pid_max'),
  ]);
  const { totalKiB, availableKiB } = parseMemoryInfo(memory ?? '');
  const threads = parseThreadCount(loadavg ?? '');
  return {
    ...(availableKiB > 0 && {
      'memory.available': { whole: totalKiB * 1024, left: availableKiB * 1024 },
    }),
    ...(node && { 'nodefs.available': bytesOf(node), 'nodefs.inodesFree': inodesOf(node) }),
    ...(image && { 'imagefs.available': bytesOf(image), 'imagefs.inodesFree': inodesOf(image) }),
    ...(threads !== undefined &&
      pidMax && { 'pid.available': { whole: Number(pidMax), left: Number(pidMax) - threads } }),
  };
}

function bytesOf({ sizeBytes, availableBytes }: FileSystemUsage): Sample {
  return { whole: sizeBytes, left: availableBytes };
}

function inodesOf({ inodes, freeInodes }: FileSystemUsage): Sample {
  return { whole: inodes, left: freeInodes };
}
