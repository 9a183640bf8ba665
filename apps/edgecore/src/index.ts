/**
 * EdgeCore, assembled: `edgecore.yaml` in, a running edge node out.
 *
 * @packageDocumentation
 */
export type { DeviceSnapshot, SideSnapshot, TwinSnapshot } from '@edgecore/devicetwin';
export { createEdgeCore, EdgeCore, type EdgeCoreOptions } from './assembly/edge-core.js';
export { socketPath } from './assembly/socket-path.js';
export * from './config/index.js';
export { AgentServerError } from './observe/agent-server.js';
export type { AgentStatus, HealthCheck, PodLine } from './observe/agent-status.js';
export type { DeviceChange, DeviceCounts, DeviceSource } from './observe/device-source.js';
export { createLogger, type LoggerOptions } from './observe/logger.js';
export { type Runnable, type RunOptions, runEdgeCore } from './run.js';
export { VERSION } from './version.js';
