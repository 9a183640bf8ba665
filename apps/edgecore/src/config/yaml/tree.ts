/** A YAML document reduced to what laying it over defaults needs: values and where they stand. */
export type YamlNode = YamlScalar | YamlMap | YamlList;

export interface YamlScalar {
  readonly kind: 'scalar';
  readonly text: string;
  /** Unquoted: may mean a number, a boolean or null. */
  readonly plain: boolean;
  readonly line: number;
}

export interface YamlEntry {
  readonly key: string;
  /** Line of the key, from 1. */
  readonly line: number;
  readonly value: YamlNode;
  /** Came in through a merge key (`<<`): the map's own keys win without being duplicates. */
  readonly merged?: boolean;
}

export interface YamlMap {
  readonly kind: 'map';
  /** In file order, duplicates included. */
  readonly entries: readonly YamlEntry[];
  readonly line: number;
}

export interface YamlList {
  readonly kind: 'list';
  readonly items: readonly YamlNode[];
  readonly line: number;
}

export function isNullNode(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.plain && ['', '~', 'null', 'Null', 'NULL'].includes(node.text);
}
