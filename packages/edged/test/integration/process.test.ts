import { join } from 'node:path';
import { createProcessRuntime, type ProcessRuntime } from '@edgecore/container-runtime';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { containerOf, Harness, podObject } from '../support/harness.js';

describe('pods as host processes', () => {
  let runtime: ProcessRuntime;
  let edged: Harness;
  let directory: string;
  const waiting = (pod: ReturnType<typeof podObject>) => {
    const status = edged.status(pod);
    return status?.containerStatuses && containerOf(status).state.waiting;
  };

  beforeEach(async () => {
    directory = await tempDir();
    runtime = createProcessRuntime({ rootDir: join(directory, 'runtime') });
    edged = new Harness({ runtime, directory });
  });
  afterEach(async () => {
    await edged.stop();
    for (const { id } of await runtime.listSandboxes()) await runtime.removeSandbox(id);
    await runtime.close();
  });

  test('run, are restarted, have environment and the address of the node, and end', async () => {
    edged.objects.configMap('m', { K: 'v' });
    const pod = podObject({
      containers: [
        {
          name: 'c',
          command: ['sh', '-c', `echo "$K" >>${directory}/out; sleep 600`],
          env: [{ name: 'K', valueFrom: { configMapKeyRef: { name: 'm', key: 'K' } } }],
        },
      ],
    });
    await edged.insert(pod);
    const status = await edged.until(pod, ({ phase }) => phase === 'Running');
    expect(status).toMatchObject({ podIP: '10.0.0.1', hostIP: '10.0.0.1' });
    expect(containerOf(status).containerID).toMatch(/^process:\/\//);
    const id = (await runtime.listContainers())[0]!.id;
    await runtime.stopContainer(id, 100);
    await edged.until(pod, (now) => containerOf(now).restartCount === 1 && containerOf(now).ready);
    await edged.removeCompletely(pod);
    expect(await runtime.listContainers()).toEqual([]);
  });

  test.each([
    ['shareProcessNamespace', { shareProcessNamespace: true }, {}],
    ['sysctls', { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }] } }, {}],
    ['hostPort 8080', {}, { ports: [{ containerPort: 80, hostPort: 8080 }] }],
    ['readOnlyRootFilesystem', {}, { securityContext: { readOnlyRootFilesystem: true } }],
    ['capabilities.drop', {}, { securityContext: { capabilities: { drop: ['ALL'] } } }],
  ])('%s is refused by name, not ignored', async (field, spec, container) => {
    const pod = podObject({ containers: [{ name: 'c', command: ['sleep', '600'], ...container }], ...spec });
    await edged.insert(pod);
    await eventually(() => waiting(pod)?.reason === 'CreateContainerError');
    expect(waiting(pod)?.message).toContain(field);
    expect(await runtime.listContainers()).toEqual([]);
  });

  test('limits that are not enforced are said', async () => {
    const pod = podObject({
      containers: [{ name: 'c', command: ['sleep', '600'], resources: { limits: { memory: '64Mi' } } }],
    });
    await edged.insert(pod);
    await edged.until(pod, ({ phase }) => phase === 'Running');
    expect(edged.events).toContainEqual(
      expect.objectContaining({
        reason: 'NotSupported',
        message: 'the process runtime does not enforce resource limits',
      }),
    );
    await edged.removeCompletely(pod);
  });
});
