import { expect, test } from '@jest/globals';
import type { Pod } from '../../src/kube-types.js';
import { appArmorObstacle } from '../../src/security/app-armor.js';
import { container, pod } from '../support/builders.js';

const profile = (type: string, localhostProfile?: string) => ({
  appArmorProfile: { type, localhostProfile },
});
const annotated = (value: string) =>
  pod({}, { annotations: { 'container.apparmor.security.beta.kubernetes.io/c': value } });
const host = (profiles?: string[]) => () => ({ enabled: true, profiles: profiles && new Set(profiles) });
const disabled = () => ({ enabled: false, profiles: undefined });
const unasked = () => {
  throw new Error('a pod without a profile asks nothing of the kernel');
};

test.each([
  ['no profile', pod()],
  ['the default of the engine', pod({ securityContext: profile('RuntimeDefault') })],
  ['unconfined', pod({ securityContext: profile('Unconfined') })],
  ['unconfined by annotation', annotated('unconfined')],
  ['the default by annotation', annotated('runtime/default')],
])('%s runs everywhere', (_name, candidate: Pod) => {
  expect(appArmorObstacle(candidate, unasked)).toBeUndefined();
});

test.each([
  ['of the pod', pod({ securityContext: profile('Localhost', 'web') })],
  ['of a container', pod({ containers: [container('c', { securityContext: profile('Localhost', 'web') })] })],
  [
    'of an init container',
    pod({ initContainers: [container('i', { securityContext: profile('Localhost', 'web') })] }),
  ],
  ['by annotation', annotated('localhost/web')],
])('a profile %s must be loaded', (_name, candidate: Pod) => {
  expect(appArmorObstacle(candidate, host(['web']))).toBeUndefined();
  expect(appArmorObstacle(candidate, host(['other']))).toContain('profile "web" is not loaded');
  expect(appArmorObstacle(candidate, disabled)).toBe(
    'Cannot enforce AppArmor: AppArmor is not enabled on the host',
  );
});

test('where the list of profiles may not be read the engine decides', () => {
  expect(
    appArmorObstacle(pod({ securityContext: profile('Localhost', 'web') }), host(undefined)),
  ).toBeUndefined();
});
