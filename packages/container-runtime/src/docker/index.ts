export { InvalidEngineAddressError } from './client/engine-address.js';
export { EngineError } from './client/engine-error.js';
export type { DockerRuntimeOptions } from './docker-options.js';
export { createDockerRuntime, DockerRuntime } from './docker-runtime.js';
export { containerName, type DockerName, parseDockerName, sandboxName } from './names.js';
