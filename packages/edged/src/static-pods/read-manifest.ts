import { errorText } from '@edgecore/api';
import { isScalar, parseAllDocuments, type Tags } from 'yaml';
import { InvalidPodError } from '../errors.js';

/** Aliases may multiply a document: no real pod comes near. */
const MAX_ALIASES = 100;

/** Tags whose values are not JSON's: times and bytes stay the text they are. */
const NOT_JSON = /:(binary|timestamp|omap|pairs|set)$/;

/**
 * The object in a manifest, JSON or YAML 1.1 as Kubernetes reads it (`0644` is octal).
 *
 * @throws {InvalidPodError} when it cannot be parsed, or holds more than one document.
 */
export function readManifest(text: string): unknown {
  try {
    // YAML is not quite a superset: tabs, for one.
    if (text.trimStart().startsWith('{')) return JSON.parse(text);
  } catch (error) {
    throw new InvalidPodError(errorText(error), { cause: error });
  }
  const documents = parseAllDocuments(text, {
    version: '1.1',
    schema: 'yaml-1.1',
    customTags: (tags): Tags =>
      tags.filter((tag) => typeof tag === 'string' || !(NOT_JSON.test(tag.tag) || isSexagesimal(tag))),
  });
  if (!Array.isArray(documents)) throw new InvalidPodError('the file is empty');
  // An empty document after the last `---` is nobody's pod.
  const [document, second] = documents.filter((one) => one.errors.length > 0 || !isEmpty(one.contents));
  if (!document) throw new InvalidPodError('the file is empty');
  const syntax = document.errors[0];
  if (syntax) throw new InvalidPodError(syntax.message.trim().split('\n', 1)[0]!, { cause: syntax });
  if (second)
    throw new InvalidPodError('the file has more than one document; give each pod a file of its own');
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    throw new InvalidPodError(errorText(error), { cause: error });
  }
}

function isEmpty(contents: unknown): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

/** `12:30` is a number in YAML 1.1, and never meant as one. */
function isSexagesimal(tag: object): boolean {
  return 'format' in tag && tag.format === 'TIME';
}
