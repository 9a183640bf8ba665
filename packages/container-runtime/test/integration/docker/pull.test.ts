import { withDocker } from '@edgecore/testing';
import { createDockerRuntime } from '../../../src/index.js';
import { pullTests } from '../../compliance/pulls.js';

pullTests('Docker', {
  describe: await withDocker(),
  // Docker takes plain HTTP from loopback as it is.
  start: async () => ({ runtime: createDockerRuntime(), close: async () => {} }),
});
