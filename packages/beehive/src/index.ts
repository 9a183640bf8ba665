/**
 * The in-process message bus of EdgeCore: typed messages, bounded inboxes,
 * groups, requests with deadlines, and supervised modules.
 *
 * @packageDocumentation
 */
export { Bus, type BusOptions, createBus, type Participant, type StopReport } from './bus/bus.js';
export type { InboxOptions, Overflow } from './bus/inbox.js';
export type { TraceEvent } from './bus/post-office.js';
export * from './errors.js';
export * from './message/codec.js';
export * from './message/json.js';
export * from './message/message.js';
export * from './module.js';
export type { ModuleReport } from './supervision/supervised-module.js';
