import {
  type CloudProfile,
  type CloudProfileName,
  isKubeObject,
  isRecord,
  Operation,
  parseResource,
  profile2020,
  profileCurrent,
} from '@edgecore/api';
import type { Message } from '@edgecore/beehive';

/** What the two hubs do differently with their queues (wire.md §5.4–§5.6). */
export interface HubRules {
  readonly profile: CloudProfile;
  /** The queue outlives the connection (2020), or each connection gets a fresh one. */
  readonly keepsQueue: boolean;
  /** A message never confirmed is queued again with back-off; else it is treated as done. */
  readonly retriesGivenUp: boolean;
  /** A query answer the edge already has is not sent (2020: silence). */
  readonly dropsKnownAnswers: boolean;
  /** Pods without a sync record are inserted by the resync; else a record with version 0 is made when first queued. */
  readonly insertsUnsyncedPods: boolean;
  /** Deleted config maps and secrets are told at once; else only by the resync. */
  readonly pushesReferenceDeletes: boolean;
  /** Services and endpoints go to every node, their lists to a node that becomes Ready. */
  readonly pushesServices: boolean;
  /** Every change of a node goes down to it as `null/node/<name>`. */
  readonly pushesNode: boolean;
  /** Devices and models go down as objects to be confirmed, membership without twins; else twins travel in messages (devicetwin.md §8). */
  readonly devicesAsObjects: boolean;
  /** Objects sent down carry `kind` and `apiVersion`. */
  readonly typedObjects: boolean;
  /** What the queue keeps one message per. */
  keyOf(message: Message): string;
}

function resourceKey(message: Message): string {
  const { namespace, type, name } = parseResource(message.resource);
  return `${type}/${namespace}/${name}`;
}

export const hubRules: Readonly<Record<CloudProfileName, HubRules>> = {
  '2020': {
    profile: profile2020,
    keepsQueue: true,
    retriesGivenUp: false,
    dropsKnownAnswers: true,
    insertsUnsyncedPods: true,
    pushesReferenceDeletes: false,
    pushesServices: true,
    pushesNode: false,
    devicesAsObjects: false,
    typedObjects: false,
    keyOf: resourceKey,
  },
  current: {
    profile: profileCurrent,
    keepsQueue: false,
    retriesGivenUp: true,
    dropsKnownAnswers: false,
    insertsUnsyncedPods: false,
    pushesReferenceDeletes: true,
    pushesServices: false,
    pushesNode: true,
    devicesAsObjects: true,
    typedObjects: true,
    keyOf(message) {
      const { content } = message;
      const uid = isKubeObject(content) ? content.metadata.uid : undefined;
      return uid ?? resourceKey(message);
    },
  },
};

/** Deletes need no version; everything else without one is not sent (wire.md §5.4). */
export function isSendable(message: Message): boolean {
  return (
    message.operation === Operation.delete || (message.resourceVersion !== '' && isRecord(message.content))
  );
}
