import { randomUUID } from 'node:crypto';
import {
  BUSYBOX_IMAGE,
  ensureTestImages,
  PAUSE_IMAGE,
  type Podman,
  startPodman,
  tempDir,
  withPodman,
} from '@edgecore/testing';
import { afterAll } from '@jest/globals';
import { createDockerRuntime } from '../../../src/index.js';
import { EVERYTHING } from '../../compliance/capabilities.js';
import { containerRuntimeCompliance } from '../../compliance/container-runtime.js';

let podman: Podman | undefined;

containerRuntimeCompliance('Podman', {
  describe: withPodman(),
  capabilities: EVERYTHING,
  differences: { logTimeStepMs: 1_000, localDigests: true },
  image: BUSYBOX_IMAGE,
  sandboxImage: PAUSE_IMAGE,
  create: async () => {
    podman = await startPodman();
    await ensureTestImages(podman.host);
    return createDockerRuntime({
      socketPath: podman.socketPath,
      instance: `test-${randomUUID()}`,
      containerLogsDir: await tempDir(),
    });
  },
});

afterAll(() => podman?.close());
