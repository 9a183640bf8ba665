/**
 * EventBus: MQTT on an edge node, with a broker in this process, an external
 * one, or both, between devices, the modules and the cloud (eventbus.md).
 *
 * @packageDocumentation
 */
export { InvalidEventBusOptionError } from './errors.js';
export { EventBus } from './event-bus.js';
export type { Endpoint, EventBusMode, EventBusOptions, ExternalTls, InternalTls } from './options.js';
