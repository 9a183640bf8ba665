import { describe, expect, test } from '@jest/globals';
import { parse as parseYaml, stringify } from 'yaml';
import type { ConfigTree } from '../../src/config/index.js';
import { fieldsOf, schemaOf } from '../../src/config/schema/schema.js';
import { fixture, parse, V1, V2 } from './fixtures.js';
import { KEYS_OF_2020, KEYS_OF_TODAY, OWN_KEYS, paths } from './spec-keys.js';

const FORMATS = [
  ['v1alpha1', V1, [...paths(KEYS_OF_2020), ...paths(OWN_KEYS)]],
  ['v1alpha2', V2, [...paths(KEYS_OF_TODAY), ...paths(OWN_KEYS)]],
] as const;

/** Every key as one document, each with the value null: "as if it were not there". */
function documentOf(keys: readonly string[]): string {
  const root: ConfigTree = {};
  for (const key of keys.filter((path) => path !== 'apiVersion' && path !== 'kind')) {
    const steps = key.split('.');
    let at = root;
    for (const step of steps.slice(0, -1)) {
      at[step] ??= {};
      at = at[step] as ConfigTree;
    }
    at[steps.at(-1)!] = null;
  }
  return stringify(root);
}

describe.each(FORMATS)('every key of %s (config.md §9 L4)', (version, head, keys) => {
  test('is known, has a class, and stands in the table of the check with its line', () => {
    const { problems, keys: table, config } = parse(`${head}${documentOf(keys)}`);
    expect(problems.filter(({ kind }) => kind === 'unknownKey' || kind === 'type')).toEqual([]);
    expect(table.map(({ path }) => path).sort()).toEqual([...keys].sort());
    expect(table.filter((row) => row.class === 'unknown' || !(row.line > 0))).toEqual([]);
    expect(config).toBeDefined();
  });

  test('what has no effect says why', () => {
    const { keys: table } = parse(`${head}${documentOf(keys)}`);
    for (const row of table) {
      if (row.class === 'without effect') expect(row.reason).toMatch(/^.{10,}$/);
    }
    expect(table.some((row) => row.class === 'without effect')).toBe(true);
  });

  test('no key is read that neither the specification nor this program’s own section has', () => {
    const more = [...fieldsOf(schemaOf(version))]
      .map(([path]) => path)
      .filter((path) => !keys.includes(path));
    expect(
      more.filter((path) => !/^edgecoreTs\.(edged|dbTest|status|eventBus\.internal\w+)\b/.test(path)),
    ).toEqual([]);
  });

  test('the file of the specification (§10) has no other keys either', () => {
    const known = new Set(keys);
    const walk = (value: unknown, at: string): string[] =>
      known.has(at) || typeof value !== 'object' || value === null
        ? [at]
        : Object.entries(value).flatMap(([key, inner]) => walk(inner, at === '' ? key : `${at}.${key}`));
    const all = walk(parseYaml(fixture(`default-${version}`)), '');
    expect(all.length).toBeGreaterThan(80);
    expect(all.filter((path) => !known.has(path))).toEqual([]);
  });
});
