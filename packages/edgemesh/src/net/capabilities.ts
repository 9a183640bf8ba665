import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What the mesh wants to do to this machine. */
export interface Needs {
  readonly intercept: 'dnat' | 'anyip' | 'none';
  readonly dnsPort: number;
}

const CAP_NET_BIND_SERVICE = 10n;
const CAP_NET_ADMIN = 12n;

/** Why the mesh cannot work here, with what to do; `undefined` when nothing is known to be in the way. */
export function missingCapability({ intercept, dnsPort }: Needs): string | undefined {
  const capabilities = effectiveCapabilities();
  if (intercept !== 'none') {
    const programs = intercept === 'dnat' ? ['ip', 'iptables', 'iptables-restore'] : ['ip'];
    const missing = programs.filter((program) => !isInstalled(program));
    if (missing.length > 0) {
      return `${missing.join(' and ')} not found: install ${[...new Set(missing.map(packageOf))].join(' and ')}, or switch modules.edgeMesh off`;
    }
    if (!has(capabilities, CAP_NET_ADMIN)) {
      return 'no right to change routes and rules: run edgecore as root (or with CAP_NET_ADMIN), or switch modules.edgeMesh off';
    }
  }
  if (dnsPort > 0 && dnsPort < 1024 && !has(capabilities, CAP_NET_BIND_SERVICE)) {
    return `no right to listen on port ${dnsPort}: run edgecore as root (or with CAP_NET_BIND_SERVICE), or set edgecoreTs.edgeMesh.dnsListenPort`;
  }
  return undefined;
}

function packageOf(program: string): string {
  return program === 'ip' ? 'iproute2' : 'iptables';
}

function has(capabilities: bigint, bit: bigint): boolean {
  return ((capabilities >> bit) & 1n) === 1n;
}

/** All of them where the system does not say. */
function effectiveCapabilities(): bigint {
  try {
    const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (hex !== undefined) return BigInt(`0x${hex}`);
  } catch {
    // Not Linux: what does not work says so itself.
  }
  return ~0n;
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
