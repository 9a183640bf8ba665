export type * from './kube-types.js';
export type * from './ports/status-sink.js';
