import { constants } from 'node:fs';
import { access, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { DnsConfig } from '../../runtime.js';

/** A pod's resolv.conf: kubelet's order, only lines that say something (edged.md §5.3). */
export function formatResolvConf({ servers, searches, options }: DnsConfig): string {
  const lines = servers.map((server) => `nameserver ${server}`);
  if (searches.length > 0) lines.push(`search ${searches.join(' ')}`);
  if (options.length > 0) lines.push(`options ${options.join(' ')}`);
  return lines.map((line) => `${line}\n`).join('');
}

/** Can we write into the engine's files? Not without root, nor when the engine is elsewhere. */
export async function canWriteEngineFiles(rootDirectory: string): Promise<boolean> {
  return access(join(rootDirectory, 'containers'), constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Overwrites the file in place: containers of the pod mount this very inode. */
export async function writeResolvConf(path: string, rootDirectory: string, dns: DnsConfig): Promise<void> {
  // Never the node's own file, whatever an engine may report.
  if (!path.startsWith(rootDirectory + sep)) {
    throw new Error(
      `resolv.conf of the sandbox (${path}) lies outside of the engine's directory ${rootDirectory}`,
    );
  }
  await writeFile(path, formatResolvConf(dns));
}
