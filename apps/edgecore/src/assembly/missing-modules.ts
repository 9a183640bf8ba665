import type { EdgeCoreConfig } from '../config/index.js';

/** Modules a configuration can switch on that this program does not have yet. */
export function missingModules(config: EdgeCoreConfig): string[] {
  const wanted = {
    metaServer: config.metaManager.enabled && config.metaManager.metaServer.enabled,
  };
  return Object.entries(wanted)
    .filter(([, enabled]) => enabled)
    .map(([name]) => name);
}
