import type { HostFacts } from '../host-facts.js';
import type { ConfigValue, Field, Section } from '../schema/field.js';

/** Effective values, shaped like the file; a section that is not there is `undefined`. */
export interface ConfigTree {
  [key: string]: ConfigTree | ConfigValue;
}

export function defaultValue(field: Field, host: HostFacts): ConfigValue {
  return typeof field.default === 'function' ? field.default(host) : field.default;
}

/** The full default tree of a section (config.md §2, §3). */
export function defaultTree(section: Section, host: HostFacts): ConfigTree {
  const tree: ConfigTree = {};
  for (const [key, entry] of Object.entries(section.fields)) {
    if (entry.kind === 'field') tree[key] = defaultValue(entry, host);
    else if (!entry.optIn) tree[key] = defaultTree(entry, host);
  }
  return tree;
}
