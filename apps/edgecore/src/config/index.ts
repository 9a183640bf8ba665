export { CLOUD_PROFILE_VARIABLE } from './cloud-profile.js';
export {
  CHECK_VARIABLE,
  checkEnvironment,
  EnvironmentCheckError,
  type EnvironmentCheckOptions,
  processNames,
} from './environment-check.js';
export { defaultNodeName, type HostFactSources, type HostFacts, hostFacts } from './host-facts.js';
export type { KeyClass, KeyReport } from './key-report.js';
export {
  checkConfigFile,
  DEFAULT_CONFIG_FILE,
  type LoadOptions,
  loadConfig,
  type ParsedConfig,
  type ParseOptions,
  parseConfig,
} from './load.js';
export type * from './model.js';
export { isNodeName } from './node-name.js';
export type { ConfigTree } from './overlay/defaults.js';
export {
  type ConfigDocument,
  configDocument,
  formatConfig,
  type PrintedKind,
  printConfig,
} from './print.js';
export {
  ConfigError,
  formatProblem,
  type Problem,
  type ProblemKind,
  type Severity,
} from './problems.js';
export { REDACTED, redact } from './redact.js';
export type { ConfigVersion } from './schema/schema.js';
export { applySetting, SettingError } from './setting.js';
export { BOOTSTRAP_FILE, bootstrapFileFor, readBootstrapToken, removeToken } from './token-file.js';
export { formatHostPort, type HostPort, parseHostPort } from './validate/address.js';
