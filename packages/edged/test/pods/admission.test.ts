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

test('unknown node labels are not checked', () => {
  expect(
    admitPod(pod({ nodeSelector: { a: 'b' } }), [], { ...rules, nodeLabels: undefined }),
  ).toBeUndefined();
});
