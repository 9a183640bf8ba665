/** Shared by the tests of all packages; not published. */
export * from './child.js';
export * from './collecting-logger.js';
export * from './docker.js';
export * from './docker-node.js';
export * from './golden.js';
export * from './kernel-says.js';
export * from './mosquitto.js';
export * from './namespace.js';
export * from './podman.js';
export * from './private-docker.js';
export * from './readme.js';
export * from './registry.js';
export * from './says.js';
export * from './tcp-proxy.js';
export * from './temp.js';
