import { EdgeCoreError } from '@edgecore/api';
import { nearestKey } from './nearest-key.js';
import { decode } from './overlay/values.js';
import type { ConfigDocument } from './print.js';
import type { ConfigValue, Field } from './schema/field.js';
import { type ConfigVersion, fieldsOf, knownKey, schemaAt, schemaOf } from './schema/schema.js';
import type { YamlEntry, YamlNode } from './yaml/tree.js';

/** A `--set` that cannot be applied; the text names the key and what is wrong with it. */
export class SettingError extends EdgeCoreError {
  constructor(message: string) {
    super('ERR_SETTING', message);
  }
}

/**
 * Applies `path=value[,path=value…]` to a configuration (config.md §8).
 *
 * Paths are the file's own names (`modules.edged.hostnameOverride`), in any
 * case; below a map the rest is the entry (`…evictionHard.memory.available`).
 * A value is read as the field's type: number, `true`, a text (quoted or not),
 * a list `{a,b}`, a map `{k:v}`.
 *
 * @throws {SettingError} for a wrong path or value; the document is then unchanged.
 */
export function applySetting(document: ConfigDocument, version: ConfigVersion, setting: string): void {
  const changes = splitOutside(setting, ',').map((item) => plan(document, version, item.trim()));
  for (const change of changes) change();
}

function plan(document: ConfigDocument, version: ConfigVersion, item: string): () => void {
  const equals = item.indexOf('=');
  if (equals < 1) throw new SettingError(`--set ${item}: expected path=value`);
  const written = item.slice(0, equals).trim();
  const raw = item.slice(equals + 1).trim();
  const target = resolve(version, written);
  if (raw.includes('=') && !/^["'{]/.test(raw)) {
    throw new SettingError(`--set ${item}: the value holds "="; quote it if that is meant`);
  }
  const { field, path, entry } = target;
  const mapping = entry === undefined ? undefined : { kind: 'map' as const, line: 0 };
  const node = valueNode(raw, field);
  const laid: YamlNode = mapping ? { ...mapping, entries: [{ key: entry!, line: 0, value: node }] } : node;
  const parent = parentOf(document, path);
  const name = path.at(-1)!;
  const base = entry === undefined ? undefined : (parent[name] as ConfigValue);
  const decoded = decode(laid, field, base);
  if ('error' in decoded) {
    const shown = field.secret ? written : `${written}=${raw}`;
    throw new SettingError(`--set ${shown}: ${field.secret ? 'expected a text' : decoded.error}`);
  }
  return () => {
    // Parts of a map set one after the other build on each other.
    const again = entry === undefined ? decoded : decode(laid, field, parent[name] as ConfigValue);
    if (!('error' in again)) parent[name] = again.value;
  };
}

function resolve(
  version: ConfigVersion,
  written: string,
): { path: string[]; field: Field; entry: string | undefined } {
  const root = schemaOf(version);
  const path: string[] = [];
  let section = root;
  const keys = written.split('.');
  for (const [index, key] of keys.entries()) {
    const name = knownKey(section, key);
    if (name === undefined) throw unknown(version, written, path, key, Object.keys(section.fields));
    path.push(name);
    const found = section.fields[name]!;
    if (found.kind === 'section') {
      section = found;
      continue;
    }
    const rest = keys.slice(index + 1).join('.');
    const isMap = found.type === 'stringMap' || found.type === 'boolMap' || found.type === 'free';
    if (rest !== '' && !isMap) {
      throw new SettingError(`--set ${written}: ${path.join('.')} has no parts, "${rest}" cannot be set`);
    }
    return { path, field: found, entry: rest === '' ? undefined : rest };
  }
  throw new SettingError(`--set ${written}: is a section; name one of its keys`);
}

function unknown(
  version: ConfigVersion,
  written: string,
  path: readonly string[],
  key: string,
  candidates: readonly string[],
): SettingError {
  const other: ConfigVersion = version === 'v1alpha1' ? 'v1alpha2' : 'v1alpha1';
  if (schemaAt(other, written)) {
    return new SettingError(`--set ${written}: the key belongs to ${other}, not to ${version}`);
  }
  const near =
    nearestKey(key, candidates) ??
    [...fieldsOf(schemaOf(version))].find(
      ([known]) => known.split('.').at(-1)?.toLowerCase() === key.toLowerCase(),
    )?.[0];
  const where = [...path, key].join('.');
  const prefix = path.length > 0 && near && !near.includes('.') ? `${path.join('.')}.` : '';
  return new SettingError(
    `--set ${written}: unknown key "${where}"${near ? `, did you mean ${prefix}${near}?` : ''}`,
  );
}

function parentOf(document: ConfigDocument, path: readonly string[]): ConfigDocument {
  let at = document;
  for (const key of path.slice(0, -1)) {
    if (typeof at[key] !== 'object' || at[key] === null) at[key] = {};
    at = at[key] as ConfigDocument;
  }
  return at;
}

function valueNode(raw: string, field: Field): YamlNode {
  const inner = /^\{(.*)\}$/s.exec(raw)?.[1];
  if (inner === undefined) return scalarNode(raw);
  const items = splitOutside(inner, ',').filter((item) => item.trim() !== '');
  if (field.type === 'strings' || field.type === 'objects') {
    return { kind: 'list', line: 0, items: items.map((item) => valueNode(item.trim(), listItem(field))) };
  }
  const entries = items.map((item): YamlEntry => {
    const colon = item.indexOf(':');
    const key = scalarNode(item.slice(0, colon < 0 ? item.length : colon).trim());
    const value = scalarNode(colon < 0 ? '' : item.slice(colon + 1).trim());
    return { key: key.kind === 'scalar' ? key.text : '', line: 0, value };
  });
  return { kind: 'map', line: 0, entries };
}

/** A list's item in braces is a map. */
function listItem(field: Field): Field {
  return { ...field, type: 'free' };
}

function scalarNode(raw: string): YamlNode {
  const quoted = /^(["'])(.*)\1$/s.exec(raw);
  return quoted
    ? { kind: 'scalar', text: quoted[2]!, plain: false, line: 0 }
    : { kind: 'scalar', text: raw, plain: true, line: 0 };
}

/** Splits at a separator that is neither quoted nor in braces. */
function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = '';
  let start = 0;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i]!;
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '{') depth += 1;
    else if (char === '}') depth -= 1;
    else if (char === separator && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}
