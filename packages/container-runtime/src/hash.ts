import { htmlSafeJson } from '@edgecore/api';

/**
 * Container hashes as Go's kubelet computes them (edged.md §4.5). Equal
 * hashes are what lets a container started by a Go edgecore go on running.
 */

const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * Kubelet's hash of a JSON text: FNV-1a (32 bit) over Go's dump of the bytes,
 * `([]uint8)[123 34 …]`, in hex without leading zeros.
 */
export function goHash(json: string): string {
  const dump = `([]uint8)[${[...Buffer.from(json, 'utf8')].join(' ')}]`;
  let hash = OFFSET_BASIS;
  for (let i = 0; i < dump.length; i++) {
    hash = Math.imul(hash ^ dump.charCodeAt(i), PRIME) >>> 0;
  }
  return hash.toString(16);
}

/** The hash of kubelet 1.31 and later, and of ours: only image and name count. */
export function reducedContainerHash(container: { readonly image: string; readonly name: string }): string {
  return goHash(htmlSafeJson({ image: container.image, name: container.name }));
}
