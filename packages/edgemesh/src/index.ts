/**
 * EdgeMesh: names and addresses of Kubernetes services on an edge node, with
 * or without the cloud. A virtual address per service, a DNS server for the
 * pods, a proxy to the endpoints.
 *
 * @packageDocumentation
 */
export { EdgeMesh, type EdgeMeshStats } from './edge-mesh.js';
export * from './errors.js';
export type { Backend } from './model/backends.js';
export type { LocalPod } from './model/local-pods.js';
export type { ServiceFilterMode } from './model/service.js';
export type { RunCommand } from './net/command.js';
export type { EdgeMeshOptions } from './options.js';
export { STRATEGIES, type Strategy } from './proxy/balancer.js';
export type { Dialer, DialOptions } from './proxy/dial.js';
