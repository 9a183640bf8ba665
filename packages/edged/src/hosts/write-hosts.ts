import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount } from '@edgecore/container-runtime';
import type { Container, Pod } from '../kube-types.js';
import { podHostname } from '../sandbox/pod-hostname.js';
import { hostNetworkHostsFile, podHostsFile } from './hosts-file.js';

const HOSTS = '/etc/hosts';

/**
 * Writes the pod's hosts file and tells how to mount it; nothing when the pod
 * has no address or the container mounts its own (edged.md §5.4).
 */
export async function hostsMount(
  pod: Pod,
  container: Container,
  podIps: readonly string[],
  podDirectory: string,
  clusterDomain: string,
): Promise<Mount[]> {
  const { hostNetwork, hostAliases } = pod.spec;
  const ownMount = container.volumeMounts?.some(({ mountPath }) => mountPath === HOSTS);
  if (ownMount || (!hostNetwork && podIps.length === 0)) return [];
  const file = join(podDirectory, 'etc-hosts');
  const content = hostNetwork
    ? hostNetworkHostsFile(await readFile(HOSTS, 'utf8'), hostAliases)
    : podHostsFile(podIps, podHostname(pod, clusterDomain), hostAliases);
  // Written in place: a bind mount follows the inode.
  await writeFile(file, content, { mode: 0o644 });
  await chmod(file, 0o644);
  return [{ hostPath: file, containerPath: HOSTS, readOnly: false }];
}
