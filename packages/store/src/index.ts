export type * from './outbox.js';
export type * from './schema.js';
export type * from './store.js';
