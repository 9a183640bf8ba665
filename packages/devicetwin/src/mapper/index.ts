export { createMapper } from './create-mapper.js';
export * from './errors.js';
export type { Mapper, MapperOptions, Properties, PropertyType, Values } from './types.js';
