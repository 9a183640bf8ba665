import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ContainerStatus, Pod, PodStatus } from '../../src/kube-types.js';
import { canonical } from '../../src/report/canonical.js';
import { KnownAddresses } from '../../src/report/known-addresses.js';
import { podPatch } from '../../src/report/pod-patch.js';
import { applyPatch } from '../support/strategic-merge.js';

const pod: Pod = { metadata: { uid: 'u', name: 'p', namespace: 'ns' }, spec: { containers: [] } };
const word = fc.string({ minLength: 1, maxLength: 5 });
const ips = fc.uniqueArray(
  fc.constantFrom('10.0.0.1', '10.0.0.2', 'fd00::1').map((ip) => ({ ip })),
  { minLength: 1, selector: ({ ip }) => ip },
);
const container = fc.record({
  name: word,
  state: fc.oneof(
    fc.record({ waiting: fc.record({ reason: word }) }),
    fc.record({ running: fc.record({ startedAt: word }) }),
  ),
  lastState: fc.constant({}),
  ready: fc.boolean(),
  restartCount: fc.nat(),
  image: word,
  imageID: word,
  started: fc.boolean(),
}) as fc.Arbitrary<ContainerStatus>;
const podStatus = fc.record(
  {
    phase: fc.constantFrom('Pending', 'Running', 'Failed'),
    conditions: fc.uniqueArray(
      fc.record(
        {
          type: fc.constantFrom('Ready', 'Initialized'),
          status: fc.constantFrom('True', 'False'),
          lastProbeTime: fc.constant(null),
          lastTransitionTime: fc.constantFrom('a', 'b'),
          reason: word,
          message: word,
        },
        { requiredKeys: ['type', 'status', 'lastProbeTime', 'lastTransitionTime'] },
      ),
      // Every condition is always there: a node never takes one of its own back.
      { minLength: 2, selector: ({ type }) => type },
    ),
    reason: word,
    message: word,
    podIP: word,
    podIPs: ips,
    hostIP: word,
    hostIPs: ips,
    containerStatuses: fc.array(container, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ['phase', 'conditions'] },
) as fc.Arbitrary<PodStatus>;

/** As the cloud shows it. */
function stored(status: PodStatus): object {
  const conditions = status.conditions
    .map(({ lastProbeTime: _never, ...rest }) => rest)
    .sort((a, b) => (a.type < b.type ? -1 : 1));
  return JSON.parse(JSON.stringify({ ...status, conditions }));
}
const sorted = (status: object) => {
  const { conditions, ...rest } = status as PodStatus;
  return { ...rest, conditions: [...conditions].sort((a, b) => (a.type < b.type ? -1 : 1)) };
};

describe('pod patch', () => {
  test('a row of patches, some of them lost in the outbox, ends in the last status', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(podStatus, fc.boolean()), { minLength: 1, maxLength: 6 }), (row) => {
        const addresses = new KnownAddresses();
        let cloud: object = {};
        for (const [index, [status, arrives]] of row.entries()) {
          const patch = podPatch(pod, status, addresses.next(pod, status));
          expect(patch.metadata).toEqual({ uid: 'u' });
          if (arrives || index === row.length - 1) cloud = applyPatch(cloud, patch.status);
        }
        const expected = stored(row.at(-1)![0]);
        expect(withoutEmptyLists(sorted(cloud))).toEqual(expected);
      }),
    );
  });

  test('an address the cloud had before a restart is replaced', () => {
    const before: Pod = { ...pod, status: { podIPs: [{ ip: '10.0.0.9' }] } };
    const status: PodStatus = {
      phase: 'Running',
      conditions: [],
      podIP: '10.0.0.1',
      podIPs: [{ ip: '10.0.0.1' }],
    };
    const replaced = new KnownAddresses().next(before, status);
    expect(replaced).toEqual({ podIPs: true, hostIPs: false });
    expect(podPatch(before, status, replaced).status['podIPs']).toEqual([
      { $patch: 'replace' },
      { ip: '10.0.0.1' },
    ]);
  });

  test('what is absent is null', () => {
    expect(
      podPatch(pod, { phase: 'Pending', conditions: [] }, { podIPs: false, hostIPs: false }).status,
    ).toEqual({
      phase: 'Pending',
      message: null,
      reason: null,
      conditions: [],
      initContainerStatuses: null,
      containerStatuses: null,
      ephemeralContainerStatuses: null,
      hostIP: null,
      podIP: null,
    });
  });
});

test('canonical text does not depend on the order of members', () => {
  expect(canonical({ b: [{ d: 1, c: undefined }], a: null })).toBe('{"a":null,"b":[{"d":1}]}');
  fc.assert(
    fc.property(fc.dictionary(word, fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      expect(canonical(reversed)).toBe(canonical(value));
      // A dictionary of fast-check may have no prototype; JSON does not care.
      expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

function withoutEmptyLists(status: object): object {
  return Object.fromEntries(
    Object.entries(status).filter(([, one]) => !(Array.isArray(one) && one.length === 0)),
  );
}
