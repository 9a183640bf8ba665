import type { ConfigTree } from './overlay/defaults.js';
import { type ConfigVersion, fieldsOf, schemaOf } from './schema/schema.js';

/** What stands in logs where a secret would. */
export const REDACTED = '<redacted>';

const SECRET_KEYS: ReadonlySet<string> = new Set(
  (['v1alpha1', 'v1alpha2'] satisfies ConfigVersion[])
    .flatMap((version) => [...fieldsOf(schemaOf(version))])
    .filter(([, field]) => field.secret)
    .map(([path]) => path.split('.').at(-1)!)
    // The internal model's own names for the same things.
    .concat('password'),
);

/** A copy for logs: every non-empty `token` and password replaced, at any depth (config.md §9 L9). */
export function redact<T>(value: T): T {
  if (Array.isArray(value)) return value.map(redact) as T;
  if (typeof value !== 'object' || value === null) return value;
  const copy: ConfigTree = {};
  for (const [key, entry] of Object.entries(value)) {
    copy[key] = SECRET_KEYS.has(key) && entry !== '' && entry !== undefined ? REDACTED : redact(entry);
  }
  return copy as T;
}
