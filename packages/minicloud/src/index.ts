/**
 * A KubeEdge CloudCore in miniature, for laptops and tests: certificates, the
 * hub edges connect to, a small object store, and manifests from a directory.
 * It speaks the wire of the real clouds, 2020's and v1.23's.
 *
 * @packageDocumentation
 */
export type { CloudEvents } from './cloud-events.js';
export * from './errors.js';
export { startMinicloud } from './minicloud.js';
export type { StoredObject } from './objects/stored-object.js';
export type { MinicloudOptions } from './options.js';
export type { Minicloud } from './running-cloud.js';
