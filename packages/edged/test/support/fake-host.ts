import type { FileSystemUsage, Host, HostAddress } from '../../src/node/host.js';

/** The machine of the recordings of today's cloud, as files. */
export const FILES: Readonly<Record<string, string>> = {
  '/etc/machine-id': '3d12c0ffee',
  '/proc/sys/kernel/random/boot_id': '434a-boot',
  '/etc/os-release': 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian',
  '/proc/meminfo': 'MemTotal:       24684084 kB\nMemFree: 1 kB\nMemAvailable:   12000000 kB',
  '/proc/loadavg': '0.50 0.40 0.30 2/831 4711',
  '/proc/sys/kernel/pid_max': '32768',
  '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages': '0',
  '/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages': '0',
  '/proc/net/route':
    'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\nwlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\neth0\t00000000\t01004D0A\t0003\t0\t0\t100\t00000000',
};

export const DISK: FileSystemUsage = {
  sizeBytes: 264_212_084 * 1024,
  availableBytes: 200_000_000 * 1024,
  inodes: 1_000_000,
  freeInodes: 900_000,
};

/** A machine made of texts. */
export class FakeHost implements Host {
  readonly files = new Map(Object.entries(FILES));
  disk: FileSystemUsage | undefined = DISK;
  addressList: HostAddress[] = [
    { interface: 'lo', address: '127.0.0.1', family: 'IPv4', internal: true },
    { interface: 'docker0', address: '172.17.0.1', family: 'IPv4', internal: false },
    { interface: 'eth0', address: 'fe80::1', family: 'IPv6', internal: false },
    { interface: 'eth0', address: '10.77.0.11', family: 'IPv4', internal: false },
    { interface: 'wlan0', address: '192.168.2.9', family: 'IPv4', internal: false },
  ];

  async readText(path: string) {
    return this.files.get(path);
  }
  async fileSystem() {
    return this.disk;
  }
  addresses() {
    return this.addressList;
  }
  hostname() {
    return 'edge';
  }
  kernelRelease() {
    return '6.18.44';
  }
  architecture() {
    return 'amd64';
  }
  cpus() {
    return 2;
  }
}
