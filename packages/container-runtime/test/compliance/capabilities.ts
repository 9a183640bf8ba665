import type { RuntimeCapabilities } from '../../src/index.js';

function all(value: boolean): RuntimeCapabilities {
  return {
    images: value,
    podNetwork: value,
    hostPorts: value,
    resources: value,
    mounts: value,
    securityContext: value,
    sharedProcessNamespace: value,
  };
}

/** What an engine can. */
export const EVERYTHING = all(true);

/** A runtime without any feature the suite gates. */
export const NOTHING = all(false);
