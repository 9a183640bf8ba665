export * from './docker/index.js';
export * from './errors.js';
export * from './hash.js';
export * from './image-reference.js';
export type { ProcessRuntimeOptions } from './process/options.js';
export { createProcessRuntime, type ProcessRuntime } from './process/process-runtime.js';
export * from './runtime.js';
