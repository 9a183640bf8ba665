/**
 * Typed requests to MetaManager: pods, statuses, the node, config maps,
 * secrets, tokens (metamanager.md §8). Which form a message takes follows the cloud's profile.
 *
 * @packageDocumentation
 */
export type { ElementError, ObjectList } from './answers.js';
export * from './errors.js';
export * from './meta-client.js';
export type { EventClient, LeaseClient, TokenClient } from './modern.js';
export type { NodeClient } from './nodes.js';
export type { ClusterObjects, ListClient, ObjectClient } from './objects.js';
export type { PodClient, PodReference, PodStatusClient } from './pods.js';
