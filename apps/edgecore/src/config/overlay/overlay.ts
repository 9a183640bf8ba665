import type { HostFacts } from '../host-facts.js';
import { nearestKey } from '../nearest-key.js';
import type { ProblemList } from '../problems.js';
import type { ConfigValue, Field, Section } from '../schema/field.js';
import { type ConfigVersion, fieldsOf, knownKey, schemaAt, schemaOf } from '../schema/schema.js';
import { isNullNode, type YamlEntry, type YamlMap, type YamlNode } from '../yaml/tree.js';
import { type ConfigTree, defaultTree, defaultValue } from './defaults.js';
import { decode } from './values.js';

/** A key the file holds. */
export interface GivenKey {
  readonly path: string;
  readonly line: number;
  readonly field: Field | undefined;
  /** Decoded; `undefined` for unknown keys and after an error. */
  readonly value: ConfigValue;
  readonly default: ConfigValue;
}

/** A file laid over the defaults. */
export interface Overlaid {
  readonly tree: ConfigTree;
  /** By path. Paths use the schema's spelling, unknown keys the file's. */
  readonly given: ReadonlyMap<string, GivenKey>;
  /** Lines of the sections the file holds, by path. */
  readonly sections: ReadonlyMap<string, number>;
}

/** Lays a document over the full defaults of a format (config.md §1, §9 L3). */
export function overlay(
  root: YamlMap,
  version: ConfigVersion,
  host: HostFacts,
  problems: ProblemList,
): Overlaid {
  const schema = schemaOf(version);
  const tree = defaultTree(schema, host);
  const layer = new Layer(version, host, problems);
  layer.section(root, schema, tree, '');
  return { tree, given: layer.given, sections: layer.sections };
}

class Layer {
  readonly given = new Map<string, GivenKey>();
  readonly sections = new Map<string, number>();

  constructor(
    private readonly version: ConfigVersion,
    private readonly host: HostFacts,
    private readonly problems: ProblemList,
  ) {}

  section(map: YamlMap, schema: Section, into: ConfigTree, prefix: string): void {
    for (const entry of this.#lastOfEach(map, schema, prefix)) {
      const name = knownKey(schema, entry.key);
      const path = join(prefix, name ?? entry.key);
      const target = name === undefined ? undefined : schema.fields[name]!;
      if (!target) this.#unknown(entry, path, schema, prefix);
      else if (target.kind === 'field') this.#field(entry.value, target, into, name!, path, entry.line);
      else this.#subsection(entry.value, target, into, name!, path, entry.line);
    }
  }

  #subsection(
    node: YamlNode,
    schema: Section,
    into: ConfigTree,
    name: string,
    path: string,
    line: number,
  ): void {
    if (isNullNode(node)) {
      this.problems.add({
        severity: schema.required ? 'error' : 'warning',
        kind: 'nullSection',
        path,
        line,
        message: schema.required
          ? 'the section is null; remove the key or give it values (use "enable: false" to turn a module off)'
          : 'the section is null and is ignored; its defaults apply',
      });
      return;
    }
    if (node.kind !== 'map') {
      const found = node.kind === 'list' ? 'a list' : `"${node.text}"`;
      this.problems.add({
        severity: 'error',
        kind: 'type',
        path,
        line: node.line,
        message: `expected a mapping, found ${found}`,
      });
      return;
    }
    this.sections.set(path, line);
    const existing = into[name];
    const tree = (existing ?? defaultTree(schema, this.host)) as ConfigTree;
    into[name] = tree;
    this.section(node, schema, tree, path);
  }

  #field(node: YamlNode, field: Field, into: ConfigTree, name: string, path: string, line: number): void {
    const base = defaultValue(field, this.host);
    let value: ConfigValue;
    if (isNullNode(node)) {
      value = valueOfNull(field, base);
    } else {
      const decoded = decode(node, field, base);
      if ('error' in decoded) {
        this.problems.add({
          severity: 'error',
          kind: 'type',
          path,
          line: decoded.line,
          // What stands in a secret's place may be the secret.
          message: field.secret ? 'expected a text' : decoded.error,
        });
        this.given.set(path, { path, line, field, value: undefined, default: base });
        return;
      }
      value = decoded.value;
    }
    into[name] = value;
    this.given.set(path, { path, line, field, value, default: base });
  }

  /** Entries with duplicates resolved as upstream does: the exact spelling wins, else the last. */
  #lastOfEach(map: YamlMap, schema: Section, prefix: string): YamlEntry[] {
    const byName = new Map<string, YamlEntry>();
    for (const entry of map.entries) {
      const name = knownKey(schema, entry.key) ?? entry.key;
      const earlier = byName.get(name);
      if (!earlier) {
        byName.set(name, entry);
        continue;
      }
      const winner = earlier.key === name && entry.key !== name ? earlier : entry;
      byName.set(name, winner);
      if (earlier.merged) continue;
      this.problems.add({
        severity: 'warning',
        kind: 'duplicateKey',
        path: join(prefix, name),
        line: entry.line,
        message: `the key is there twice (lines ${earlier.line} and ${entry.line}); line ${winner.line} counts`,
      });
    }
    return [...byName.values()];
  }

  #unknown(entry: YamlEntry, path: string, schema: Section, prefix: string): void {
    this.given.set(path, {
      path,
      line: entry.line,
      field: undefined,
      value: undefined,
      default: undefined,
    });
    this.problems.add({
      severity: 'warning',
      kind: 'unknownKey',
      path,
      line: entry.line,
      message: `unknown key, ignored${this.#advice(entry.key, path, schema, prefix)}`,
    });
  }

  #advice(key: string, path: string, schema: Section, prefix: string): string {
    const other: ConfigVersion = this.version === 'v1alpha1' ? 'v1alpha2' : 'v1alpha1';
    if (schemaAt(other, path)) return `: it belongs to ${other}, this file is ${this.version}`;
    const own = path.replace(/^modules\./, 'edgecoreTs.');
    if (own !== path && schemaAt(this.version, own)) return `: its place is ${own}`;
    const near = nearestKey(key, Object.keys(schema.fields));
    if (near) return `: did you mean ${join(prefix, near)}?`;
    const elsewhere = [...fieldsOf(schemaOf(this.version))].find(
      ([known]) => known.split('.').at(-1)?.toLowerCase() === key.toLowerCase(),
    );
    return elsewhere ? `: did you mean ${elsewhere[0]}?` : '';
  }
}

/** Scalars keep their default; maps, lists and unset values become empty (config.md §1). */
function valueOfNull(field: Field, base: ConfigValue): ConfigValue {
  switch (field.type) {
    case 'strings':
    case 'objects':
      return null;
    case 'stringMap':
    case 'boolMap':
      return {};
    default:
      return base;
  }
}

function join(prefix: string, key: string): string {
  return prefix === '' ? key : `${prefix}.${key}`;
}
