import type { Clock } from '../ports/clock.js';
import type { FileSystemUsage, Host } from './host.js';
import { parseMemoryInfo, parseThreadCount } from './parse-host.js';
import {
  type PressureSignal,
  parseThreshold,
  type Threshold,
  type Thresholds,
  thresholdAmount,
} from './threshold.js';

export type PressureCondition = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure';

/** How much of something there is, and how much of it is left. */
export interface Sample {
  readonly whole: number;
  readonly left: number;
}

export type Samples = Readonly<Partial<Record<PressureSignal, Sample>>>;

const CONDITION_OF: Readonly<Record<PressureSignal, PressureCondition>> = {
  'memory.available': 'MemoryPressure',
  'nodefs.available': 'DiskPressure',
  'nodefs.inodesFree': 'DiskPressure',
  'imagefs.available': 'DiskPressure',
  'imagefs.inodesFree': 'DiskPressure',
  'pid.available': 'PIDPressure',
};

export interface PressureOptions {
  readonly thresholds: Thresholds;
  /** A condition stays this long after the last time a threshold was met. */
  readonly transitionMs: number;
  readonly clock: Clock;
}

/** Decides which pressure conditions hold: set at once, cleared late (edged.md §10.4). */
export class PressureMonitor {
  readonly #thresholds: readonly (readonly [PressureSignal, Threshold])[];
  readonly #lastMet = new Map<PressureCondition, number>();

  /** @throws {InvalidQuantityError} when a threshold cannot be read. */
  constructor(private readonly options: PressureOptions) {
    this.#thresholds = Object.entries(options.thresholds).map(
      ([signal, text]) => [signal as PressureSignal, parseThreshold(text)] as const,
    );
  }

  /** Takes the newest figures; a signal that could not be read decides nothing. */
  observe(samples: Samples): ReadonlySet<PressureCondition> {
    const now = this.options.clock.now();
    for (const [signal, threshold] of this.#thresholds) {
      const sample = samples[signal];
      // A whole of 0 is a file system without inodes, or without a limit.
      if (!sample || sample.whole === 0) continue;
      if (sample.left < thresholdAmount(threshold, sample.whole)) {
        this.#lastMet.set(CONDITION_OF[signal], now);
      }
    }
    const held = [...this.#lastMet].filter(([, at]) => now - at < this.options.transitionMs);
    return new Set(held.map(([condition]) => condition));
  }
}

/** Reads the figures of all signals. */
export async function readSamples(host: Host, rootDirectory: string, imageRoot: string): Promise<Samples> {
  const [memory, node, image, loadavg, pidMax] = await Promise.all([
    host.readText('/proc/meminfo'),
    host.fileSystem(rootDirectory),
    host.fileSystem(imageRoot),
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
