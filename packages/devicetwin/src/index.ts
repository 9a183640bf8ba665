/**
 * Device twins of an edge node: membership, state, attributes and twins,
 * durable, and kept in step with the cloud (devicetwin.md).
 *
 * @packageDocumentation
 */
export { DeviceTwin } from './device-twin.js';
export * from './dmi/index.js';
export * from './mapper/index.js';
export type { DeviceTwinOptions } from './options.js';
export { type DeviceReporter, type ReportedTwin, ReportRefusedError } from './reporter.js';
export type * from './snapshot.js';
