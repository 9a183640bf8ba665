/**
 * MetaManager: keeps the Kubernetes objects of an edge node in SQLite,
 * acknowledges them to the cloud, answers edged's questions and carries its
 * reports up (metamanager.md).
 *
 * @packageDocumentation
 */
export { MetaManager } from './metamanager.js';
export type { MetaManagerOptions } from './options.js';
