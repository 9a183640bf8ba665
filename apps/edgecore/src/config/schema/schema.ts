import type { Field, Section } from './field.js';
import { v1alpha1 } from './v1alpha1.js';
import { v1alpha2 } from './v1alpha2.js';

/** The two formats of `edgecore.yaml`. */
export type ConfigVersion = 'v1alpha1' | 'v1alpha2';

export const API_GROUP = 'edgecore.config.kubeedge.io';
export const KIND = 'EdgeCore';

const schemas: Readonly<Record<ConfigVersion, Section>> = { v1alpha1, v1alpha2 };

/** All keys of a format. */
export function schemaOf(version: ConfigVersion): Section {
  return schemas[version];
}

/** The field or section at a dotted path, with upstream's case rule; `undefined` when there is none. */
export function schemaAt(version: ConfigVersion, path: string): Field | Section | undefined {
  let at: Field | Section | undefined = schemas[version];
  for (const key of path.split('.')) {
    if (at?.kind !== 'section') return undefined;
    const name = knownKey(at, key);
    at = name === undefined ? undefined : at.fields[name];
  }
  return at;
}

/** The key of a section a written key means: the exact one, else one differing in case only. */
export function knownKey(section: Section, written: string): string | undefined {
  if (Object.hasOwn(section.fields, written)) return written;
  const folded = written.toLowerCase();
  return Object.keys(section.fields).find((key) => key.toLowerCase() === folded);
}

/** Every field of a format with its path, in the order of the schema. */
export function* fieldsOf(section: Section, prefix = ''): Generator<[path: string, field: Field]> {
  for (const [key, entry] of Object.entries(section.fields)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (entry.kind === 'section') yield* fieldsOf(entry, path);
    else yield [path, entry];
  }
}
