import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseAllDocuments,
} from 'yaml';
import type { ProblemList } from '../problems.js';
import type { YamlEntry, YamlMap, YamlNode } from './tree.js';

/** Aliases may multiply a document; this many nodes is far beyond any real file. */
const MAX_NODES = 50_000;

/**
 * Reads the first document of a text (YAML 1.1 or JSON) as a mapping.
 * Syntax errors go to `problems`; `undefined` means the text cannot be used.
 */
export function readYaml(text: string, problems: ProblemList): YamlMap | undefined {
  const lines = new LineCounter();
  // `failsafe` leaves every scalar as text: what `yes` or `010` means depends on the field, see scalar.ts.
  const documents = parseAllDocuments(text, {
    schema: 'failsafe',
    lineCounter: lines,
    uniqueKeys: false,
    prettyErrors: false,
  });
  if (!Array.isArray(documents)) return { kind: 'map', entries: [], line: 1 };
  const [document, second] = documents as Document.Parsed[];
  if (!document) return { kind: 'map', entries: [], line: 1 };
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const syntax = document.errors[0];
  if (syntax) {
    const line = lineAt(syntax.pos[0]);
    problems.add({ severity: 'error', kind: 'syntax', path: '', line, message: explain(syntax, text, line) });
    return undefined;
  }
  if (second) {
    problems.add({
      severity: 'warning',
      kind: 'document',
      path: '',
      line: lineAt(second.range[0]),
      message: 'only the first YAML document of the file is read; what follows is ignored',
    });
  }
  const root = document.contents === null ? undefined : new TreeBuilder(document, lineAt).build(problems);
  if (root === undefined) return problems.hasErrors ? undefined : { kind: 'map', entries: [], line: 1 };
  if (root.kind === 'scalar' && root.plain && root.text === '') return { kind: 'map', entries: [], line: 1 };
  if (root.kind === 'map') return root;
  problems.add({
    severity: 'error',
    kind: 'syntax',
    path: '',
    line: root.line,
    message: `expected a mapping (key: value lines), found a ${root.kind === 'list' ? 'list' : 'single value'}`,
  });
  return undefined;
}

function explain(error: { code: string; message: string }, text: string, line: number): string {
  const source = text.split('\n')[line - 1] ?? '';
  if (error.code === 'TAB_AS_INDENT' || /^\s*\t/.test(source)) {
    return 'the line is indented with a tab; YAML allows only spaces there';
  }
  return `not valid YAML: ${error.message.split('\n')[0]}`;
}

class TreeBuilder {
  #nodes = 0;

  constructor(
    private readonly document: Document.Parsed,
    private readonly lineAt: (offset: number) => number,
  ) {}

  build(problems: ProblemList): YamlNode | undefined {
    try {
      return this.#node(this.document.contents as ParsedNode, []);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      problems.add({ severity: 'error', kind: 'syntax', path: '', message: error.message });
      return undefined;
    }
  }

  #node(node: ParsedNode | null | undefined, within: readonly unknown[], lineIfAbsent = 1): YamlNode {
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES) throw new RangeError(`the file has more than ${MAX_NODES} values`);
    if (!node) return { kind: 'scalar', text: '', plain: true, line: lineIfAbsent };
    const line = this.lineAt(node.range[0]);
    if (isAlias(node)) {
      const target = node.resolve(this.document) as ParsedNode | undefined;
      if (!target || within.includes(target)) {
        throw new RangeError(`line ${line}: the alias *${node.source} cannot be resolved`);
      }
      return this.#node(target, within);
    }
    const inside = [...within, node];
    if (isMap(node)) {
      const entries: YamlEntry[] = [];
      for (const pair of node.items) {
        const key = this.#node(pair.key as ParsedNode, inside);
        const value = this.#node(pair.value as ParsedNode | null, inside, key.line);
        if (key.kind !== 'scalar') throw new RangeError(`line ${key.line}: a key must be a plain text`);
        // A merge key's entries stand before the map's own, which win.
        if (key.text === '<<' && key.plain) entries.unshift(...mergedEntries(value));
        else entries.push({ key: key.text, line: key.line, value });
      }
      return { kind: 'map', entries, line };
    }
    if (isSeq(node)) {
      return { kind: 'list', items: node.items.map((item) => this.#node(item as ParsedNode, inside)), line };
    }
    if (!isScalar(node)) throw new RangeError(`line ${line}: this YAML construct is not supported`);
    const plain = node.type === 'PLAIN' && (node.tag === undefined || !node.tag.endsWith(':str'));
    return { kind: 'scalar', text: String(node.value ?? ''), plain, line };
  }
}

function mergedEntries(value: YamlNode): YamlEntry[] {
  if (value.kind === 'map') return value.entries.map((entry) => ({ ...entry, merged: true }));
  if (value.kind === 'list') return [...value.items].reverse().flatMap(mergedEntries);
  return [];
}
