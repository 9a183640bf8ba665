/**
 * The agent's one SQLite file: opened with an integrity check, written in
 * shared commits, readable by the Go agents (design: State).
 *
 * @packageDocumentation
 */
export * from './errors.js';
export type { OpenStoreOptions } from './open-store.js';
export { openStore } from './open-store.js';
export type * from './outbox.js';
export { prepared } from './prepared.js';
export type * from './schema.js';
export type * from './store.js';
