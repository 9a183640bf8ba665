import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { endpointSubsets } from '../src/cluster/endpoint-subsets.js';
import type { StoredObject } from '../src/objects/stored-object.js';

const identity = { resourceVersion: '1', creationTimestamp: '' };
const web = (spec: object = {}): StoredObject => ({
  metadata: { name: 'web', namespace: 'default', uid: 's', ...identity },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...spec },
});

interface PodOptions {
  readonly ready?: boolean;
  readonly status?: object;
  readonly spec?: object;
  readonly metadata?: object;
}

function pod(
  name: string,
  ip: string,
  { ready = true, status, spec, metadata }: PodOptions = {},
): StoredObject {
  return {
    metadata: { name, namespace: 'default', uid: `u-${name}`, ...identity, ...metadata },
    spec: { nodeName: 'edge-1', containers: [], ...spec },
    status: {
      phase: 'Running',
      podIP: ip,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      ...status,
    },
  };
}

const address = (name: string, ip: string) => ({
  ip,
  nodeName: 'edge-1',
  targetRef: { kind: 'Pod', name, namespace: 'default', uid: `u-${name}` },
});
const HTTP = { name: 'http', port: 8080, protocol: 'TCP' };
const ipsOf = (service: StoredObject, pods: StoredObject[]) =>
  endpointSubsets(service, pods).map(({ addresses = [], notReadyAddresses = [] }) => [
    addresses.map(({ ip }) => ip),
    notReadyAddresses.map(({ ip }) => ip),
  ]);

describe('which pods', () => {
  test('ready ones in addresses, the others in notReadyAddresses, sorted', () => {
    const pods = [pod('b', '10.0.0.2'), pod('c', '10.0.0.3', { ready: false }), pod('a', '10.0.0.1')];
    expect(endpointSubsets(web(), pods)).toEqual([
      {
        addresses: [address('a', '10.0.0.1'), address('b', '10.0.0.2')],
        notReadyAddresses: [address('c', '10.0.0.3')],
        ports: [HTTP],
      },
    ]);
  });

  test('a pod that has ended, is ending or has no address is not there; nobody: no subsets', () => {
    const pods = [
      pod('a', '10.0.0.1', { status: { phase: 'Succeeded' } }),
      pod('b', '10.0.0.2', { status: { phase: 'Failed' } }),
      pod('c', '10.0.0.3', { metadata: { deletionTimestamp: '2026-11-23T08:00:00Z' } }),
      pod('d', ''),
    ];
    expect(endpointSubsets(web(), pods)).toEqual([]);
  });

  test('publishNotReadyAddresses: not ready and ending ones count as ready, ended ones still do not', () => {
    const pods = [
      pod('a', '10.0.0.1', { ready: false }),
      pod('b', '10.0.0.2', { metadata: { deletionTimestamp: '2026-11-23T08:00:00Z' } }),
      pod('c', '10.0.0.3', { status: { phase: 'Failed' } }),
    ];
    expect(ipsOf(web({ publishNotReadyAddresses: true }), pods)).toEqual([[['10.0.0.1', '10.0.0.2'], []]]);
  });

  test('the address of the service’s family', () => {
    const podIPs = [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }];
    const both = pod('a', '10.0.0.1', { status: { podIPs } });
    expect(ipsOf(web({ ipFamilies: ['IPv6'] }), [both, pod('b', '10.0.0.2')])).toEqual([[['fd00::1'], []]]);
    expect(ipsOf(web({ ipFamilies: ['IPv4'] }), [both])).toEqual([[['10.0.0.1'], []]]);
  });

  test('the name of a pod below a headless service', () => {
    const named = pod('a', '10.0.0.1', { spec: { hostname: 'a-0', subdomain: 'web' } });
    const other = pod('b', '10.0.0.2', { spec: { hostname: 'b-0', subdomain: 'db' } });
    const [subset] = endpointSubsets(web({ clusterIP: 'None' }), [named, other]);
    expect(subset?.addresses?.map(({ hostname }) => hostname)).toEqual(['a-0', undefined]);
  });
});

describe('which ports', () => {
  const withPort = (name: string, ip: string, containerPort: number, more: object = {}) =>
    pod(name, ip, {
      spec: {
        containers: [{ name: 'c', ports: [{ name: 'web', containerPort, protocol: 'TCP', ...more }] }],
      },
    });
  const named = web({ ports: [{ port: 80, targetPort: 'web' }] });

  test('a name stands for each pod’s own number; a pod without it is not there', () => {
    const pods = [
      withPort('a', '10.0.0.1', 8080),
      withPort('b', '10.0.0.2', 9090),
      withPort('c', '10.0.0.3', 53, { protocol: 'UDP' }),
    ];
    expect(endpointSubsets(named, pods)).toEqual([
      { addresses: [address('a', '10.0.0.1')], ports: [{ port: 8080, protocol: 'TCP' }] },
      { addresses: [address('b', '10.0.0.2')], ports: [{ port: 9090, protocol: 'TCP' }] },
    ]);
  });

  test('a name in a sidecar counts, in a plain init container it does not', () => {
    const init = (restartPolicy?: string) =>
      pod('a', '10.0.0.1', {
        spec: { initContainers: [{ restartPolicy, ports: [{ name: 'web', containerPort: 8080 }] }] },
      });
    expect(endpointSubsets(named, [init('Always')])).toHaveLength(1);
    expect(endpointSubsets(named, [init()])).toEqual([]);
  });

  test('several ports with the same pods share a subset; without targetPort it is the port', () => {
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'http', port: 80, targetPort: 8080, appProtocol: 'http' },
    ];
    expect(endpointSubsets(web({ ports }), [pod('a', '10.0.0.1')])).toEqual([
      {
        addresses: [address('a', '10.0.0.1')],
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP' },
          { ...HTTP, appProtocol: 'http' },
        ],
      },
    ]);
  });

  test('a headless service may name none', () => {
    const headless = web({ clusterIP: 'None', ports: [] });
    expect(endpointSubsets(headless, [pod('a', '10.0.0.1')])).toEqual([
      { addresses: [address('a', '10.0.0.1')] },
    ]);
  });
});

test('the order of pods does not matter, whatever they and the service are', () => {
  const anything = fc.oneof(fc.jsonValue(), fc.constantFrom('web', 80, 'TCP', undefined));
  const pods = fc.uniqueArray(
    fc.record({
      name: fc.stringMatching(/^[a-d]$/),
      ip: fc.constantFrom('10.0.0.1', '10.0.0.2', 'fd00::1', ''),
      ready: fc.boolean(),
      ports: fc.oneof(fc.array(fc.record({ name: anything, containerPort: anything })), anything),
    }),
    { selector: ({ name }) => name },
  );
  const ports = fc.oneof(
    fc.array(fc.record({ name: anything, port: anything, targetPort: anything })),
    anything,
  );
  fc.assert(
    fc.property(pods, ports, fc.boolean(), (some, servicePorts, publishNotReadyAddresses) => {
      const made = some.map(({ name, ip, ready, ports: own }) =>
        pod(name, ip, { ready, spec: { containers: [{ ports: own }] } }),
      );
      const service = web({ ports: servicePorts, publishNotReadyAddresses });
      expect(endpointSubsets(service, made.toReversed())).toEqual(endpointSubsets(service, made));
    }),
  );
});
