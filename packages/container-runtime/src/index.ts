export * from './docker/index.js';
export * from './errors.js';
export * from './hash.js';
export * from './image-reference.js';
export * from './runtime.js';
