/**
 * The EdgeCore contract: the words and shapes every module agrees on.
 *
 * Nothing here does I/O or has dependencies. Facts come from the wire
 * protocol (spec wire.md), the compatibility measurements (compat.md) and the
 * module documents.
 *
 * @packageDocumentation
 */
export * from './cloud-link.js';
export * from './errors.js';
export * from './groups.js';
export * from './html-safe-json.js';
export * from './kube.js';
export * from './logger.js';
export * from './metrics.js';
export * from './operations.js';
export * from './payloads.js';
export * from './profile.js';
export * from './resources.js';
export * from './trouble-log.js';
