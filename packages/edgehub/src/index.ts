/**
 * EdgeHub: the link between an edge node and KubeEdge CloudHub. It gets the
 * node its certificate, keeps one WebSocket open, sends what modules give it
 * and hands out what the cloud sends.
 *
 * @packageDocumentation
 */
export type { BackoffOptions } from './backoff.js';
export { bootstrapFileToken, type TokenSource } from './certificates/token-source.js';
export { type Clock, systemClock } from './clock.js';
export { EdgeHub, type EdgeHubStats } from './edge-hub.js';
export * from './errors.js';
export type { HubState } from './hub-status.js';
export type { EdgeHubOptions } from './options.js';
