import { expect, test } from '@jest/globals';
import {
  containerLabels,
  isOfInstance,
  readContainerMeta,
  readPodIdentity,
  readSandboxLabels,
  sandboxLabels,
} from '../../src/docker/labels.js';
import { sandboxConfig } from '../configs.js';

const pod = { uid: 'u', namespace: 'n', name: 'p' };

test("of a sandbox: the pod's labels, its annotations with a prefix, and whose it is", () => {
  const labels = sandboxLabels(sandboxConfig({ pod, labels: { app: 'x' }, annotations: { a: 'b' } }));
  expect(labels).toEqual({
    app: 'x',
    'annotation.a': 'b',
    'io.kubernetes.pod.name': 'p',
    'io.kubernetes.pod.namespace': 'n',
    'io.kubernetes.pod.uid': 'u',
    'io.kubernetes.container.name': 'POD',
    'io.kubernetes.docker.type': 'podsandbox',
  });
  expect(readSandboxLabels(labels)).toEqual({ labels: { app: 'x' }, annotations: { a: 'b' } });
  expect(readPodIdentity(labels)).toEqual(pod);
});

test('a pod cannot take another identity by its own labels', () => {
  const labels = sandboxLabels(
    sandboxConfig({
      pod,
      labels: { 'io.kubernetes.pod.uid': 'other', 'io.kubernetes.docker.type': 'container' },
    }),
  );
  expect(labels).toMatchObject({ 'io.kubernetes.pod.uid': 'u', 'io.kubernetes.docker.type': 'podsandbox' });
});

test("of a container: what its end needs, and nothing of the pod's own", () => {
  const meta = {
    hash: '8e45cbd0',
    restartCount: 2,
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    terminationGracePeriodSeconds: 30,
    deletionGracePeriodSeconds: 0,
    preStopHandler: '{"exec":{}}',
    ports: '[]',
  };
  const labels = containerLabels(pod, 'sandbox', { name: 'c', logPath: '/var/log/pods/n_p_u/c/2.log', meta });
  expect(labels).toEqual({
    'io.kubernetes.pod.name': 'p',
    'io.kubernetes.pod.namespace': 'n',
    'io.kubernetes.pod.uid': 'u',
    'io.kubernetes.container.name': 'c',
    'io.kubernetes.docker.type': 'container',
    'io.kubernetes.sandbox.id': 'sandbox',
    'io.kubernetes.container.logpath': '/var/log/pods/n_p_u/c/2.log',
    'annotation.io.kubernetes.container.hash': '8e45cbd0',
    'annotation.io.kubernetes.container.restartCount': '2',
    'annotation.io.kubernetes.container.terminationMessagePath': '/dev/termination-log',
    'annotation.io.kubernetes.container.terminationMessagePolicy': 'File',
    'annotation.io.kubernetes.pod.terminationGracePeriod': '30',
    'annotation.io.kubernetes.pod.deletionGracePeriod': '0',
    'annotation.io.kubernetes.container.preStopHandler': '{"exec":{}}',
    'annotation.io.kubernetes.container.ports': '[]',
  });
  expect(readContainerMeta(labels)).toEqual(meta);
});

test("missing or broken ones read as kubelet's defaults", () => {
  expect(
    readContainerMeta({
      'annotation.io.kubernetes.container.restartCount': 'many',
      'annotation.io.kubernetes.pod.terminationGracePeriod': '-1',
    }),
  ).toEqual({
    hash: '',
    restartCount: 0,
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
});

test('of an agent with a name carry it, and a pod cannot choose it', () => {
  const config = sandboxConfig({ labels: { 'io.edgecore.instance': 'stolen' } });
  expect(sandboxLabels(config, 'lab')).toMatchObject({ 'io.edgecore.instance': 'lab' });
  expect(sandboxLabels(config)).not.toHaveProperty(['io.edgecore.instance']);
  expect(readSandboxLabels(sandboxLabels(config, 'lab')).labels).toEqual({});
  expect([
    isOfInstance({}, ''),
    isOfInstance({}, 'lab'),
    isOfInstance(sandboxLabels(config, 'lab'), 'lab'),
  ]).toEqual([true, false, true]);
});
