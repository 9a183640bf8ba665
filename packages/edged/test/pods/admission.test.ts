import { expect, test } from '@jest/globals';
import { admitPod } from '../../src/pods/admission.js';
import { container, pod } from '../support/builders.js';

const appArmor = () => ({ enabled: true, profiles: new Set(['docker-default', 'web']) });
const rules = { maxPods: 2, nodeLabels: { disk: 'ssd' }, appArmor };
const ports = (hostPort: number, protocol?: string) =>
  pod({
    containers: [container('c', { ports: [{ containerPort: 80, hostPort, ...(protocol && { protocol }) }] })],
  });

test.each([
  ['room for it', pod(), [pod()], undefined],
  ['too many pods', pod(), [pod(), pod()], 'OutOfpods'],
  ['labels match', pod({ nodeSelector: { disk: 'ssd' } }), [], undefined],
  ['labels do not match', pod({ nodeSelector: { disk: 'hdd' } }), [], 'NodeAffinity'],
  ['port taken', ports(8080), [ports(8080)], 'NodePorts'],
  ['other protocol', ports(8080, 'UDP'), [ports(8080)], undefined],
  ['host network has no mappings', pod({ hostNetwork: true }), [ports(8080)], undefined],
  [
    'safe sysctl',
    pod({ securityContext: { sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }] } }),
    [],
    undefined,
  ],
  [
    'unsafe sysctl',
    pod({ securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } }),
    [],
    'SysctlForbidden',
  ],
])('%s', (_name, candidate, others, reason) => {
  expect(admitPod(candidate, others, rules)?.reason).toBe(reason);
});

const tolerant = { tolerations: [{ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists' }] };
const asking = { containers: [container('c', { resources: { requests: { memory: '1Mi' } } })] };

test.each([
  ['disk', asking, ['DiskPressure'], '[DiskPressure]'],
  ['memory, and it asks for none', {}, ['MemoryPressure'], '[MemoryPressure]'],
  ['memory, and it asks for some', asking, ['MemoryPressure'], undefined],
  ['memory, and it tolerates that', tolerant, ['MemoryPressure'], undefined],
  ['memory and PIDs', asking, ['PIDPressure', 'MemoryPressure'], '[MemoryPressure PIDPressure]'],
  ['anything, and it is critical', { priority: 2_000_000_000 }, ['DiskPressure', 'PIDPressure'], undefined],
  ['nothing', {}, [], undefined],
] as const)('short of %s', (_name, spec, pressure, told) => {
  const refused = admitPod(pod(spec as object), [], { ...rules, pressure: new Set(pressure) });
  expect(refused).toEqual(
    told && { reason: 'Evicted', message: `Pod was rejected: The node had condition: ${told}.` },
  );
});

test('unknown node labels are not checked', () => {
  expect(
    admitPod(pod({ nodeSelector: { a: 'b' } }), [], { ...rules, nodeLabels: undefined }),
  ).toBeUndefined();
});
