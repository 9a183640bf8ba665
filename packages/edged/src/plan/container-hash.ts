import { goHash, reducedContainerHash } from '@edgecore/container-runtime';
import type { Container } from '../kube-types.js';
import { goContainerJson } from './go-container.js';

/** Our own hash and kubelet's since 1.31: image and name only (edged.md §4.5). */
export function containerHash({ image = '', name }: Pick<Container, 'image' | 'name'>): string {
  return reducedContainerHash({ image, name });
}

/**
 * Is an instance with this hash what the spec asks for? Also true for the hash
 * of the whole container, which kubelets up to 1.30 (and the 2020 edge) wrote:
 * their containers are adopted, not restarted.
 */
export function acceptsHash(container: Container, hash: string): boolean {
  return hash === containerHash(container) || hash === goHash(goContainerJson(container));
}
