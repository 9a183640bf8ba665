import type { ConfigValue } from '../schema/field.js';
import { isPort } from './address.js';

const TARGET_TYPES: Readonly<Record<string, string>> = {
  port: 'number',
  host: 'string',
  hostPort: 'number',
  prefix: 'string',
  forwardCredentials: 'boolean',
};

/** What is wrong with an element of `edgecoreTs.serviceBus.targets`. Form only; whether host and prefix make sense the module says when it is made. */
export function targetProblem(target: ConfigValue): string | undefined {
  if (typeof target !== 'object' || target === null || Array.isArray(target))
    return 'not a mapping with a port';
  if (!('port' in target)) return 'port is missing';
  for (const [key, value] of Object.entries(target)) {
    const type = TARGET_TYPES[key];
    if (type === undefined) return `"${key}" is unknown; there are ${Object.keys(TARGET_TYPES).join(', ')}`;
    if (typeof value !== type) return `${key} is not a ${type}`;
    if (type === 'number' && !isPort(value as number)) return `${value} is not a port from 1 to 65535`;
  }
  return undefined;
}
