import { ContainerHeldError } from '../errors.js';
import type { Pod } from '../kube-types.js';

/** What only the node knows of a pod. */
export interface PodAddresses {
  readonly hostIps: readonly string[];
  readonly podIps: readonly string[];
}

const KEYED = /^metadata\.(labels|annotations)\['([^']+)'\]$/;

/**
 * Value of a `fieldRef` (edged.md §6.3).
 *
 * @throws {ContainerHeldError} `CreateContainerConfigError` for a path Kubernetes does not offer.
 */
export function fieldValue(pod: Pod, fieldPath: string, addresses: PodAddresses): string {
  const { metadata, spec } = pod;
  const keyed = KEYED.exec(fieldPath);
  if (keyed) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2]!] ?? '';
  switch (fieldPath) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace;
    case 'metadata.uid':
      return metadata.uid;
    case 'metadata.labels':
      return mapLines(metadata.labels);
    case 'metadata.annotations':
      return mapLines(metadata.annotations);
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.hostIP':
      return addresses.hostIps[0] ?? '';
    case 'status.hostIPs':
      return addresses.hostIps.join(',');
    case 'status.podIP':
      return addresses.podIps[0] ?? '';
    case 'status.podIPs':
      return addresses.podIps.join(',');
    default:
      throw new ContainerHeldError(
        'CreateContainerConfigError',
        `unsupported fieldPath: ${fieldPath}; pods offer metadata.*, spec.nodeName, spec.serviceAccountName and status.*IP(s)`,
      );
  }
}

/** Sorted lines `key="value"` without a final newline (§7.3). */
function mapLines(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${quote(value)}`)
    .join('\n');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\f': '\\f',
  '\b': '\\b',
  '\x07': '\\a',
};

/** As Go's `%q`: printable text stays, control characters are escaped. */
function quote(text: string): string {
  const body = text.replace(/["\\]|[\p{Cc}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0)!;
    return (
      ESCAPES[character] ??
      (code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`)
    );
  });
  return `"${body}"`;
}
