import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EngineError } from '../../src/docker/client/engine-error.js';
import { conflictingContainer } from '../../src/docker/create.js';
import { withRandomSuffix } from '../../src/docker/names.js';
import { containerName, parseDockerName, sandboxName } from '../../src/index.js';

const pod = { uid: 'u', namespace: 'n', name: 'p' };

test("are dockershim's", () => {
  expect(sandboxName(pod, 0)).toBe('k8s_POD_p_n_u_0');
  expect(containerName(pod, 'c', 7)).toBe('k8s_c_p_n_u_7');
});

test("are read back, with the engine's slash and a suffix after a conflict", () => {
  expect(parseDockerName('/k8s_POD_p_n_u_3')).toEqual({ pod, container: 'POD', attempt: 3 });
  const suffixed = withRandomSuffix('k8s_c_p_n_u_0');
  expect(suffixed).toMatch(/^k8s_c_p_n_u_0_[0-9a-f]{8}$/);
  expect(parseDockerName(suffixed)).toEqual({ pod, container: 'c', attempt: 0 });
});

test.each([
  '',
  'web',
  '/k8s',
  'k8s_c_p_n_u',
  'k8s_c_p_n_u_x',
  'k8s_c_p_n__0',
  'k9s_c_p_n_u_0',
  'k8s_c_p_n_u_0_1_2',
])('of others are not taken for ours: %j', (name) => expect(parseDockerName(name)).toBeUndefined());

test('any Kubernetes names survive', () => {
  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?$/);
  fc.assert(
    fc.property(label, label, label, fc.uuid(), fc.nat(), (container, name, namespace, uid, attempt) => {
      const of = { uid, namespace, name };
      expect(parseDockerName(containerName(of, container, attempt))).toEqual({ pod: of, container, attempt });
    }),
  );
});

test('the holder of a name is found in the texts of Docker and Podman', () => {
  const id = 'ab'.repeat(32);
  const docker = `Conflict. The container name "/k8s_POD_p_n_u_0" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`;
  const podman = `creating container storage: the container name "k8s_POD_p_n_u_0" is already in use by ${id}. You have to remove that container to be able to reuse that name: that name is already in use`;
  expect(conflictingContainer(new EngineError(409, docker))).toBe(id);
  expect(conflictingContainer(new EngineError(500, podman))).toBe(id);
  expect(conflictingContainer(new EngineError(409, 'container is paused'))).toBeUndefined();
  expect(conflictingContainer(new Error(docker))).toBeUndefined();
});
