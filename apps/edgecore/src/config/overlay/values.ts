import { parseDuration } from '../duration.js';
import type { ConfigValue, Field, FieldType } from '../schema/field.js';
import { resolvePlain, type ScalarValue, scalarText } from '../yaml/scalar.js';
import { isNullNode, type YamlNode, type YamlScalar } from '../yaml/tree.js';

/** Either the value, or what is wrong with the node. */
export type Decoded = { readonly value: ConfigValue } | { readonly error: string; readonly line: number };

const INTEGER_RANGE: Readonly<Record<string, readonly [min: number, max: number]>> = {
  uint8: [0, 255],
  int32: [-2_147_483_648, 2_147_483_647],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  nanoseconds: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

/**
 * The value of a non-null node for a field, by upstream's rules: text fields
 * take numbers and booleans, nothing else is converted (config.md §1).
 */
export function decode(node: YamlNode, field: Field, base: ConfigValue): Decoded {
  switch (field.type) {
    case 'strings':
      return decodeList(node, (item) => scalar(item, 'string'));
    case 'objects':
      return decodeList(node, (item) => ({ value: plainValue(item) }));
    case 'stringMap':
      return decodeMap(node, base, 'string');
    case 'boolMap':
      return decodeMap(node, base, 'bool');
    case 'free':
      return node.kind === 'map'
        ? { value: mergeFree(base, node) }
        : { error: `expected a mapping, found ${describe(node)}`, line: node.line };
    default:
      return scalar(node, field.type);
  }
}

function decodeList(node: YamlNode, item: (node: YamlNode) => Decoded): Decoded {
  if (node.kind !== 'list') return { error: `expected a list, found ${describe(node)}`, line: node.line };
  const values: ConfigValue[] = [];
  for (const each of node.items) {
    const decoded = item(each);
    if ('error' in decoded) return decoded;
    values.push(decoded.value);
  }
  return { value: values };
}

function decodeMap(node: YamlNode, base: ConfigValue, type: 'string' | 'bool'): Decoded {
  if (node.kind !== 'map') return { error: `expected a mapping, found ${describe(node)}`, line: node.line };
  const merged: Record<string, ConfigValue> = { ...(base as Record<string, ConfigValue> | undefined) };
  for (const { key, value } of node.entries) {
    const decoded = isNullNode(value) ? { value: type === 'string' ? '' : false } : scalar(value, type);
    if ('error' in decoded) return { ...decoded, error: `key "${key}": ${decoded.error}` };
    merged[key] = decoded.value;
  }
  return { value: merged };
}

function scalar(node: YamlNode, type: FieldType): Decoded {
  if (node.kind !== 'scalar') {
    return { error: `expected ${expected(type)}, found ${describe(node)}`, line: node.line };
  }
  const value = node.plain ? resolvePlain(node.text) : node.text;
  const wrong = (): Decoded => ({
    error: `expected ${expected(type)}, found ${describe(node)}`,
    line: node.line,
  });
  switch (type) {
    case 'string':
      return { value: value === null ? '' : typeof value === 'string' ? value : scalarText(value) };
    case 'bool':
      return typeof value === 'boolean' ? { value } : wrong();
    case 'float':
      return typeof value === 'number' && Number.isFinite(value) ? { value } : wrong();
    case 'duration':
      return typeof value === 'string' && parseDuration(value) !== undefined ? { value } : wrong();
    default: {
      if (typeof value !== 'number' || !Number.isInteger(value)) return wrong();
      const [min, max] = INTEGER_RANGE[type]!;
      if (value < min || value > max) {
        return { error: `${value} is outside the range ${min} to ${max}`, line: node.line };
      }
      return { value };
    }
  }
}

function expected(type: FieldType): string {
  switch (type) {
    case 'string':
      return 'a text';
    case 'bool':
      return 'true or false without quotes';
    case 'float':
      return 'a number without quotes';
    case 'duration':
      return 'a duration string such as 1m30s or 100ms';
    case 'nanoseconds':
      return 'integer nanoseconds such as 60000000000';
    default:
      return 'an integer without quotes';
  }
}

function describe(node: YamlNode): string {
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a mapping' : 'a list';
  const value: ScalarValue = node.plain ? resolvePlain(node.text) : node.text;
  return typeof value === 'string' ? `the text "${shorten(node)}"` : shorten(node);
}

function shorten({ text }: YamlScalar): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** A node as it is, for parts no field describes (taints, kubelet logging). */
export function plainValue(node: YamlNode): ConfigValue {
  if (node.kind === 'scalar') return node.plain ? resolvePlain(node.text) : node.text;
  if (node.kind === 'list') return node.items.map(plainValue);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainValue(value)]));
}

function mergeFree(base: ConfigValue, node: YamlNode): ConfigValue {
  if (node.kind !== 'map') return plainValue(node);
  const merged: Record<string, ConfigValue> = isMapping(base) ? { ...base } : {};
  for (const { key, value } of node.entries) {
    if (!isNullNode(value)) merged[key] = mergeFree(merged[key], value);
  }
  return merged;
}

function isMapping(value: ConfigValue): value is { readonly [key: string]: ConfigValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
