/** Sizes of `/proc/meminfo`, in KiB. */
export interface MemoryInfo {
  readonly totalKiB: number;
  /** `MemAvailable`; 0 on kernels before 3.14. */
  readonly availableKiB: number;
}

/** Reads `/proc/meminfo`. Lines that are missing count 0. */
export function parseMemoryInfo(text: string): MemoryInfo {
  const value = (key: string) => Number(new RegExp(`^${key}:\\s*(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
  return { totalKiB: value('MemTotal'), availableKiB: value('MemAvailable') };
}

/** `PRETTY_NAME` of an os-release file (shell quoting, as os-release(5) allows). */
export function parseOsName(text: string): string | undefined {
  const raw = /^PRETTY_NAME=(.*)$/m.exec(text)?.[1]?.trim();
  if (raw === undefined || raw === '') return undefined;
  const quoted = /^"(.*)"$|^'(.*)'$/.exec(raw);
  if (!quoted) return raw;
  return quoted[1]?.replace(/\\(["$`\\])/g, '$1') ?? quoted[2];
}

/** Threads that exist now, from `/proc/loadavg`: the number after the slash. */
export function parseThreadCount(loadavg: string): number | undefined {
  const total = /\s\d+\/(\d+)\s/.exec(`${loadavg} `)?.[1];
  return total === undefined ? undefined : Number(total);
}

const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/**
 * Bytes as Kubernetes writes a binary quantity: the largest suffix that
 * leaves no fraction. The API server keeps this form, so a status never
 * differs from the stored one by notation alone.
 */
export function binaryQuantity(bytes: number): string {
  let value = BigInt(Math.max(0, Math.trunc(bytes)));
  let suffix = 0;
  while (value !== 0n && value % 1024n === 0n && suffix < BINARY_SUFFIXES.length - 1) {
    value /= 1024n;
    suffix += 1;
  }
  return `${value}${BINARY_SUFFIXES[suffix]}`;
}
