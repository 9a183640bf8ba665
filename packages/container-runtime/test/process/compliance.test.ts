import { tempDir } from '@edgecore/testing';
import { createProcessRuntime } from '../../src/index.js';
import { findHostTools } from '../../src/process/host-tools.js';
import { NOTHING } from '../compliance/capabilities.js';
import { containerRuntimeCompliance } from '../compliance/container-runtime.js';

for (const mounts of ['auto', 'off'] as const) {
  containerRuntimeCompliance(`the process runtime with mounts ${mounts}`, {
    capabilities: { ...NOTHING, mounts: findHostTools(mounts).mountMode !== 'none' },
    sandboxImage: 'none',
    image: 'none',
    create: async () => createProcessRuntime({ rootDir: await tempDir(), mounts }),
  });
}
