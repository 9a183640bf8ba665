export * from './errors.js';
export * from './message/codec.js';
export * from './message/json.js';
export * from './message/message.js';
export * from './module.js';
