/**
 * The stream tunnel of a KubeEdge edge node: logs, exec, attach and figures
 * from the cloud (spec edgestream.md).
 *
 * @packageDocumentation
 */
export { EdgeStream } from './edge-stream.js';
export type { EdgedAddress, EdgeStreamOptions } from './options.js';
