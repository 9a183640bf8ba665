import { tempDir } from '@edgecore/testing';
import { createProcessRuntime } from '../../src/index.js';
import { findHostTools } from '../../src/process/host-tools.js';
import { containerRuntimeCompliance } from '../compliance/container-runtime.js';

const none = {
  images: false,
  podNetwork: false,
  hostPorts: false,
  resources: false,
  mounts: false,
  securityContext: false,
  sharedProcessNamespace: false,
};

for (const mounts of ['auto', 'off'] as const) {
  containerRuntimeCompliance(`the process runtime with mounts ${mounts}`, {
    capabilities: { ...none, mounts: findHostTools(mounts).mountMode !== 'none' },
    sandboxImage: 'none',
    image: 'none',
    create: async () => createProcessRuntime({ rootDir: await tempDir(), mounts }),
  });
}
