import type { KubeObject } from '@edgecore/api';
import type { Pod } from '../kube-types.js';
import { CONFIG_HASH, CONFIG_MIRROR } from './static-pod.js';

/** The node as the owner of its mirror pods. */
export interface MirrorOwner {
  readonly name: string;
  readonly uid: string;
}

/** What is created in the cloud for a static pod; the cloud gives it a uid of its own (edged.md §3.4). */
export function mirrorPod(pod: Pod, node: MirrorOwner) {
  const { uid, ...metadata } = pod.metadata;
  const owner = { apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.uid, controller: true };
  return {
    ...pod,
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, [CONFIG_MIRROR]: uid },
      ownerReferences: [owner],
    },
  } as KubeObject & { metadata: { namespace: string; name: string } };
}

/** What to do about the mirror of one name. */
export type MirrorStep = 'create' | 'delete' | 'none';

/**
 * @param wanted The static pod of this name, if any.
 * @param mirror What the cloud has of this name, if anything.
 * @param complete Are all static pods known? A mirror whose pod is not known yet stays.
 */
export function mirrorStep(wanted: Pod | undefined, mirror: Pod | undefined, complete: boolean): MirrorStep {
  if (!mirror) return wanted ? 'create' : 'none';
  if (!wanted) return complete ? 'delete' : 'none';
  return mirrors(mirror, wanted) ? 'none' : 'delete';
}

/** Is this the mirror of exactly this pod, and not being deleted? */
export function mirrors(mirror: Pod, { metadata }: Pod): boolean {
  const hash = mirror.metadata.annotations?.[CONFIG_MIRROR];
  return hash === metadata.annotations?.[CONFIG_HASH] && !mirror.metadata.deletionTimestamp;
}
