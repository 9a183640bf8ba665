/**
 * A KubeEdge CloudCore in miniature, for laptops and tests: certificates, the
 * hub edges connect to, a small object store, manifests from a directory, and
 * the router's calls and rules.
 * It speaks the wire of the real clouds, 2020's and v1.23's.
 *
 * @packageDocumentation
 */
export type { CloudEvents } from './cloud-events.js';
export type { TwinProperty } from './devices/device-fields.js';
export type { CloudDevice, CloudDeviceProperty } from './devices/device-view.js';
export * from './errors.js';
// Pieces for clouds of one's own making, in tests above all.
export { CertificateServer, type CertificateServerOptions } from './https/certificate-server.js';
export { startMinicloud } from './minicloud.js';
export type { StoredObject } from './objects/stored-object.js';
export type { MinicloudOptions } from './options.js';
export { CertificateAuthority } from './pki/authority.js';
export { keyDer } from './pki/crypto.js';
export { createJoinToken, type JoinTokenOptions } from './pki/join-token.js';
export type { EdgeHttpAnswer } from './router/edge-calls.js';
export type { EdgeHttpRequest, RestRequest } from './router/http-request.js';
export type { CloudStatus, Minicloud } from './running-cloud.js';
