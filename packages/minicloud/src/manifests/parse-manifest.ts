import type { KubeObject } from '@edgecore/api';
import { LineCounter, parseAllDocuments } from 'yaml';
import { ManifestError } from '../errors.js';
import type { Kind } from '../objects/kinds.js';
import { validateObject } from '../objects/validate.js';

export interface ManifestObject {
  readonly kind: Kind;
  readonly object: KubeObject;
  /** Line its document begins at, from 1. */
  readonly line: number;
}

/**
 * Reads the objects of one file: YAML with any number of documents, or JSON;
 * a `List` is taken apart. `file` is only for messages.
 *
 * @throws {ManifestError} at the first thing wrong: `file:line: what`.
 */
export function parseManifest(text: string, file: string): ManifestObject[] {
  const tab = text.split('\n').findIndex((line) => /^ *\t/.test(line));
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const objects: ManifestObject[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    const [error] = document.errors;
    if (error) {
      // JSON may be indented with tabs; YAML may not, and its parser's words for it do not help.
      if (tab >= 0) throw new ManifestError(file, tab + 1, 'indented with a tab; YAML needs spaces');
      throw new ManifestError(file, lines.linePos(error.pos[0]).line, error.message.split('\n')[0]!, {
        cause: error,
      });
    }
    const line = lines.linePos(document.contents?.range?.[0] ?? document.range[0]).line;
    for (const value of items(document.toJS() as unknown)) {
      try {
        objects.push({ ...validateObject(value), line });
      } catch (cause) {
        throw new ManifestError(file, line, (cause as Error).message, { cause });
      }
    }
  }
  return objects;
}

function items(value: unknown): unknown[] {
  if (value === null || value === undefined) return [];
  const { kind, items: list } = value as { kind?: unknown; items?: unknown };
  return kind === 'List' && Array.isArray(list) ? list : [value];
}
