import { randomUUID } from 'node:crypto';
import { BUSYBOX_IMAGE, ensureTestImages, PAUSE_IMAGE, tempDir, withDocker } from '@edgecore/testing';
import { createDockerRuntime } from '../../../src/index.js';
import { EVERYTHING } from '../../compliance/capabilities.js';
import { containerRuntimeCompliance } from '../../compliance/container-runtime.js';

const describeDocker = await withDocker();

containerRuntimeCompliance('Docker', {
  describe: describeDocker,
  capabilities: EVERYTHING,
  image: BUSYBOX_IMAGE,
  sandboxImage: PAUSE_IMAGE,
  create: async () => {
    await ensureTestImages();
    return createDockerRuntime({ instance: `test-${randomUUID()}`, containerLogsDir: await tempDir() });
  },
});
