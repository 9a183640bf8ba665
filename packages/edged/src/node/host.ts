import { readFile, stat, statfs } from 'node:fs/promises';
import { arch, cpus, hostname, networkInterfaces, release } from 'node:os';

/** How full a file system is. */
export interface FileSystemUsage {
  readonly sizeBytes: number;
  /** What an ordinary process may still use. */
  readonly availableBytes: number;
  /** What is free at all, root's reserve included. */
  readonly freeBytes?: number;
  /** 0 where the file system counts no inodes (btrfs). */
  readonly inodes: number;
  readonly freeInodes: number;
  /** Tells file systems apart. */
  readonly device?: number;
}

export interface HostAddress {
  readonly interface: string;
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
  /** Loopback and the like. */
  readonly internal: boolean;
}

/** What is read from the machine; replaceable in tests. */
export interface Host {
  /** Text of a file, trimmed; `undefined` when it cannot be read. */
  readText(path: string): Promise<string | undefined>;
  /** `undefined` when the path does not exist. */
  fileSystem(path: string): Promise<FileSystemUsage | undefined>;
  addresses(): readonly HostAddress[];
  hostname(): string;
  kernelRelease(): string;
  /** As Go writes it: `amd64`, `arm64`, `arm`. */
  architecture(): string;
  cpus(): number;
}

const GO_ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  ppc64: 'ppc64le',
  mipsel: 'mipsle',
};

/** The machine this process runs on. */
export const systemHost: Host = {
  async readText(path) {
    try {
      // Some device-tree and firmware files end in NUL.
      return (await readFile(path, 'utf8')).replaceAll('\0', '').trim();
    } catch {
      return undefined;
    }
  },
  async fileSystem(path) {
    try {
      const [{ bsize, blocks, bavail, bfree, files, ffree }, { dev }] = await Promise.all([
        statfs(path),
        stat(path),
      ]);
      return {
        sizeBytes: bsize * blocks,
        availableBytes: bsize * bavail,
        freeBytes: bsize * bfree,
        inodes: files,
        freeInodes: ffree,
        device: dev,
      };
    } catch {
      return undefined;
    }
  },
  addresses: () =>
    Object.entries(networkInterfaces()).flatMap(([name, infos]) =>
      (infos ?? []).map(({ address, family, internal }) => ({ interface: name, address, family, internal })),
    ),
  hostname,
  kernelRelease: release,
  architecture: () => GO_ARCHITECTURES[arch()] ?? arch(),
  cpus: () => Math.max(1, cpus().length),
};
