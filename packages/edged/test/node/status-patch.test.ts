import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { NodeStatus } from '../../src/node/node-types.js';
import { isHeartbeatOnly, type KnownStatus, nodeStatusPatch } from '../../src/node/status-patch.js';
import { applyPatch } from '../support/strategic-merge.js';

const word = fc.string({ minLength: 1, maxLength: 6 });
const time = fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z');
const resources = fc.dictionary(
  fc.constantFrom('cpu', 'memory', 'pods', 'ephemeral-storage', 'hugepages-2Mi'),
  fc.constantFrom('1', '2', '3Mi'),
);
const condition = fc.record({
  type: fc.constantFrom('MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'),
  status: fc.constantFrom('True', 'False', 'Unknown'),
  lastHeartbeatTime: time,
  lastTransitionTime: time,
  reason: word,
  message: word,
});
const nodeStatus = fc.record({
  capacity: resources,
  allocatable: resources,
  conditions: fc.uniqueArray(condition, { selector: ({ type }) => type }),
  addresses: fc.array(fc.record({ type: fc.constantFrom('InternalIP', 'Hostname'), address: word }), {
    maxLength: 3,
  }),
  daemonEndpoints: fc.record({ kubeletEndpoint: fc.record({ Port: fc.nat() }) }),
  nodeInfo: fc.record({ machineID: word, osImage: word, kubeletVersion: word }),
  volumesInUse: fc.option(fc.array(word, { minLength: 1, maxLength: 2 }), { nil: undefined }),
}) as fc.Arbitrary<unknown> as fc.Arbitrary<
  NodeStatus & { conditions: NonNullable<NodeStatus['conditions']> }
>;

/** What a patch must bring about: ours as `next` has it, the rest as it was. */
function expected(base: KnownStatus, next: NodeStatus & { conditions: readonly { type: string }[] }) {
  const own = new Set(next.conditions.map(({ type }) => type));
  const foreign = (base.conditions ?? []).filter(({ type }) => !own.has(type!));
  return {
    ...next,
    daemonEndpoints: base.daemonEndpoints,
    conditions: byType([...foreign, ...next.conditions]),
  };
}
const byType = <T extends { type?: string }>(list: readonly T[]) =>
  [...list].sort((a, b) => ((a.type ?? '') < (b.type ?? '') ? -1 : 1));

describe('node status patch', () => {
  test('applied to the base it gives the new status; foreign conditions and the port stay', () => {
    fc.assert(
      fc.property(nodeStatus, nodeStatus, (base, next) => {
        const patch = nodeStatusPatch(base, next);
        const merged = applyPatch(base, patch.status ?? {});
        expect({ ...merged, conditions: byType(merged.conditions) }).toEqual(expected(base, next));
      }),
    );
  });

  test('without a known base it is complete: right on top of anything', () => {
    fc.assert(
      fc.property(nodeStatus, nodeStatus, (base, next) => {
        const merged = applyPatch(base, nodeStatusPatch(undefined, next).status ?? {});
        expect(merged.addresses).toEqual(next.addresses);
        expect(merged.nodeInfo).toEqual(next.nodeInfo);
        expect(merged.capacity).toMatchObject(next.capacity);
        for (const one of next.conditions) expect(merged.conditions).toContainEqual(one);
      }),
    );
  });

  test('a second time there is nothing to do', () => {
    fc.assert(
      fc.property(nodeStatus, nodeStatus, (base, next) => {
        const merged = applyPatch(base, nodeStatusPatch(base, next).status ?? {});
        expect(nodeStatusPatch(merged, next)).toEqual({});
      }),
    );
  });

  test('only moved heartbeats are a heartbeat, anything else is not; the port is never mentioned', () => {
    fc.assert(
      fc.property(nodeStatus, nodeStatus, (base, next) => {
        const later = {
          ...base,
          conditions: base.conditions.map((one) => ({ ...one, lastHeartbeatTime: 'later' })),
        };
        expect(isHeartbeatOnly(nodeStatusPatch(base, later))).toBe(true);
        const changed = { ...later, nodeInfo: { ...base.nodeInfo, osImage: `${base.nodeInfo.osImage}!` } };
        expect(isHeartbeatOnly(nodeStatusPatch(base, changed))).toBe(false);
        expect(nodeStatusPatch(base, next).status ?? {}).not.toHaveProperty('daemonEndpoints');
      }),
    );
  });

  test("other writers' resources stay, ours vanish when they are gone", () => {
    const status = (capacity: Record<string, string>): NodeStatus => ({
      capacity,
      allocatable: {},
      addresses: [],
      nodeInfo: { ...fc.sample(nodeStatus, { numRuns: 1, seed: 1 })[0]!.nodeInfo },
    });
    const patch = nodeStatusPatch(
      status({ cpu: '2', 'hugepages-2Mi': '0', 'nvidia.com/gpu': '1' }),
      status({ cpu: '4' }),
    );
    expect(patch.status).toMatchObject({ capacity: { cpu: '4', 'hugepages-2Mi': null } });
    expect(patch.status!['capacity']).not.toHaveProperty('nvidia.com/gpu');
  });
});
