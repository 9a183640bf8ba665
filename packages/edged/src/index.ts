/**
 * The pod agent: makes the containers of this node what the pod objects say
 * and reports how node and pods are (spec edged.md).
 *
 * @packageDocumentation
 */
export type { BackoffOptions } from './backoff/backoff.js';
export { Edged } from './edged.js';
export * from './errors.js';
export type { EvictionSettings } from './eviction/eviction-manager.js';
export type { ImageGcRules } from './gc/plan-image-gc.js';
export type * from './kube-types.js';
export { type MemoryObjectsOptions, memoryObjects } from './memory-objects.js';
export { type AddressOptions, nodeIp } from './node/addresses.js';
export { nodeAllocatable } from './node/allocatable.js';
export { systemHost } from './node/host.js';
export { NodePressure, type NodePressureOptions } from './node/node-pressure.js';
export type { EvictionThresholds } from './node/threshold-rules.js';
export type { EdgedOptions } from './options.js';
export type { Clock } from './ports/clock.js';
export type { NodeEvent, NodeEventListener } from './ports/node-events.js';
export type { ObjectSource, StoredPods } from './ports/object-source.js';
export type { PodEvent, PodEventListener } from './ports/pod-events.js';
export type * from './ports/status-sink.js';
export { CloudReporter, type ReporterOptions } from './report/reporter.js';
export type { EdgedHttpOptions } from './server/server-options.js';
export type { MirrorApi } from './static-pods/mirror-pods.js';
