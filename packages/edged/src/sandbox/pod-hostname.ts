import { SandboxError } from '@edgecore/container-runtime';
import type { Pod } from '../kube-types.js';

const MAX_HOSTNAME = 63;
/** Kernel limit of a host name (`setHostnameAsFQDN`). */
const MAX_FQDN = 64;

export interface PodHostname {
  /** What the sandbox is named inside. */
  readonly hostname: string;
  /** Short name of the hosts file. */
  readonly shortName: string;
  /** `<subdomain>.<ns>.svc.<domain>`, `''` without a subdomain. */
  readonly domain: string;
}

/** Host name and domain of a pod (edged.md §5.4). @throws {SandboxError} when the full name is too long. */
export function podHostname({ metadata, spec }: Pod, clusterDomain: string): PodHostname {
  const shortName = (spec.hostname || metadata.name).slice(0, MAX_HOSTNAME).replace(/[-.]+$/, '');
  const domain = spec.subdomain
    ? [spec.subdomain, metadata.namespace, 'svc', clusterDomain].filter((part) => part !== '').join('.')
    : '';
  if (!spec.setHostnameAsFQDN || domain === '') return { hostname: shortName, shortName, domain };
  const hostname = `${shortName}.${domain}`;
  if (hostname.length > MAX_FQDN) {
    throw new SandboxError(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${hostname} is too long (${MAX_FQDN} characters is the max, ${hostname.length} characters requested)`,
    );
  }
  return { hostname, shortName, domain };
}
