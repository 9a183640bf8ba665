import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { BUSYBOX_IMAGE, docker, ensureTestImages, eventually, PAUSE_IMAGE, tempDir } from '@edgecore/testing';
import { afterAll, beforeAll } from '@jest/globals';
import {
  type ContainerConfig,
  createDockerRuntime,
  type DockerRuntime,
  type SandboxConfig,
} from '../../../src/index.js';
import { containerConfig, sandboxConfig } from '../../configs.js';

/** Pods on this machine's engine, removed after the test file by their uid. */
export function dockerPods() {
  const uids: string[] = [];
  // Agents on this machine's engine that run for other tests must not take these pods for orphans.
  const instance = `test-${randomUUID()}`;
  const pods = {
    instance,
    runtime: undefined as unknown as DockerRuntime,
    directory: '',

    newUid(): string {
      const uid = randomUUID();
      uids.push(uid);
      return uid;
    },

    sandboxConfig(overrides: Partial<SandboxConfig> = {}): SandboxConfig {
      const uid = pods.newUid();
      const logDirectory = join(pods.directory, 'pods', uid);
      const pod = { uid, namespace: 'n', name: 'p' };
      return sandboxConfig({ pod, image: PAUSE_IMAGE, cgroupParent: '', logDirectory, ...overrides });
    },

    async start(sandbox: SandboxConfig, overrides: Partial<ContainerConfig>) {
      const status = await pods.runtime.runSandbox(sandbox);
      const logPath = join(sandbox.logDirectory, 'c', '0.log');
      const config = containerConfig({ image: BUSYBOX_IMAGE, logPath, ...overrides });
      const id = await pods.runtime.createContainer(status.id, sandbox, config);
      return { sandbox: status, id };
    },

    /** Runs a script in a pod to its end; its output. */
    async output(script: string, overrides: Partial<ContainerConfig> = {}, pod: Partial<SandboxConfig> = {}) {
      const { id } = await pods.start(pods.sandboxConfig(pod), {
        command: ['sh', '-c', script],
        ...overrides,
      });
      await pods.runtime.startContainer(id);
      const status = await pods.ended(id);
      let text = '';
      for await (const { data } of pods.runtime.logs(id)) text += data.toString();
      return { text, status };
    },

    async ended(id: string) {
      return eventually(async () => {
        const status = await pods.runtime.containerStatus(id);
        return status.state === 'exited' && status;
      });
    },
  };

  beforeAll(async () => {
    await ensureTestImages();
    pods.directory = await tempDir();
    pods.runtime = createDockerRuntime({ instance, containerLogsDir: join(pods.directory, 'containers') });
  });
  afterAll(async () => {
    await pods.runtime.close();
    await Promise.all(uids.map(removePod));
  });
  return pods;
}

/** The engine's own view, typed as far as the tests look. */
export async function inspect(id: string): Promise<Inspected> {
  return (JSON.parse(await docker('inspect', id)) as Inspected[])[0]!;
}

export interface Inspected {
  readonly Name: string;
  readonly Config: Readonly<Record<string, unknown>> & { readonly Labels: Readonly<Record<string, string>> };
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly State: Readonly<Record<string, unknown>>;
  readonly LogPath: string;
  readonly NetworkSettings: { readonly IPAddress: string };
}

async function removePod(uid: string): Promise<void> {
  const ids = await docker('ps', '-aq', '--filter', `label=io.kubernetes.pod.uid=${uid}`);
  if (ids !== '') await docker('rm', '-fv', ...ids.split('\n'));
}
