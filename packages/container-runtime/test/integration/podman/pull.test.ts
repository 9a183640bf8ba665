import { startPodman, withPodman } from '@edgecore/testing';
import { createDockerRuntime } from '../../../src/index.js';
import { pullTests } from '../../compliance/pulls.js';

pullTests('Podman', {
  describe: withPodman(),
  start: async (insecureRegistries) => {
    const podman = await startPodman({ network: 'host', insecureRegistries });
    const { host, socketPath, close } = podman;
    return { runtime: createDockerRuntime({ socketPath }), host, close };
  },
});
