import { isDeepStrictEqual } from 'node:util';
import type { NodeCondition, NodeStatus } from './node-types.js';

/** A strategic merge patch of the node's status subresource (edged.md §10.2). `{}` changes nothing. */
export interface NodePatch {
  readonly status?: Readonly<Record<string, unknown>>;
}

/** What is known of the status the cloud has: parts may be missing. */
export type KnownStatus = Partial<Omit<NodeStatus, 'conditions'>> & {
  readonly conditions?: readonly Partial<NodeCondition>[];
};

/** Resources this agent reports; others in `capacity` belong to other writers and stay. */
const OWN_RESOURCE = /^(?:cpu|memory|pods|ephemeral-storage|hugepages-.+)$/;

/**
 * The patch that makes `base` into `next`. Conditions merge by `type`, so
 * those of other owners stay; addresses are replaced as a whole. Never
 * mentions `daemonEndpoints`: the cloud changes the port (edged.md §10.2).
 */
export function nodeStatusPatch(base: KnownStatus | undefined, next: NodeStatus): NodePatch {
  const conditions = (next.conditions ?? []).flatMap((condition) => {
    const known = base?.conditions?.find(({ type }) => type === condition.type);
    const changed = fieldDiff(known, condition);
    return changed ? [{ ...changed, type: condition.type }] : [];
  });
  const addresses = isDeepStrictEqual(base?.addresses, next.addresses)
    ? undefined
    : [{ $patch: 'replace' }, ...next.addresses];
  const volumes = isDeepStrictEqual(base?.volumesInUse ?? [], next.volumesInUse ?? [])
    ? undefined
    : // The list is replaced as a whole; null takes it away.
      { volumesInUse: next.volumesInUse ?? null };
  const status: Record<string, unknown> = {
    ...(conditions.length > 0 && {
      '$setElementOrder/conditions': next.conditions!.map(({ type }) => ({ type })),
      conditions,
    }),
    ...(addresses && { addresses }),
    ...entry(
      'capacity',
      fieldDiff(base?.capacity, next.capacity, (key) => OWN_RESOURCE.test(key)),
    ),
    ...entry(
      'allocatable',
      fieldDiff(base?.allocatable, next.allocatable, (key) => OWN_RESOURCE.test(key)),
    ),
    ...entry('nodeInfo', fieldDiff(base?.nodeInfo, next.nodeInfo)),
    ...volumes,
  };
  return Object.keys(status).length === 0 ? {} : { status };
}

/** True when the patch carries nothing but new heartbeat times: not worth sending before the report period. */
export function isHeartbeatOnly({ status }: NodePatch): boolean {
  if (!status) return true;
  const { conditions, '$setElementOrder/conditions': _order, ...rest } = status;
  if (Object.keys(rest).length > 0) return false;
  return ((conditions ?? []) as readonly object[]).every((condition) =>
    Object.keys(condition).every((key) => key === 'type' || key === 'lastHeartbeatTime'),
  );
}

/** Changed fields, `null` for those to be removed; `undefined` when there are none. */
function fieldDiff(
  base: object | undefined,
  next: object,
  mayRemove: (key: string) => boolean = () => true,
): Record<string, unknown> | undefined {
  const before = new Map(Object.entries(base ?? {}));
  const after = new Map(Object.entries(next));
  const changed: Record<string, unknown> = {};
  for (const [key, value] of after) {
    if (!isDeepStrictEqual(before.get(key), value)) changed[key] = value;
  }
  for (const [key, value] of before) {
    if (!after.has(key) && value !== null && mayRemove(key)) changed[key] = null;
  }
  return Object.keys(changed).length === 0 ? undefined : changed;
}

function entry(key: string, value: object | undefined): Record<string, object> {
  return value ? { [key]: value } : {};
}
