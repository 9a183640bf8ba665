import { badRequest } from './api-status.js';
import { type StoredObject, specOf, statusOf } from './stored-object.js';

type Test = (object: StoredObject) => boolean;
type Read = (object: StoredObject) => unknown;

/** Selectors of a list or watch, as `metav1.ListOptions` has them. */
export interface Selectors {
  readonly labelSelector?: string | null | undefined;
  readonly fieldSelector?: string | null | undefined;
}

const FIELDS: Readonly<Record<string, Read>> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace,
  'spec.nodeName': (object) => specOf(object)['nodeName'],
  'status.phase': (object) => statusOf(object)['phase'],
};

/** What selectors let through: all of it when there are none. @throws {ApiError} BadRequest for what is not understood here. */
export function selecting({ labelSelector, fieldSelector }: Selectors): Test {
  const tests = [
    ...terms(labelSelector).map((term) =>
      parseTerm(
        term,
        (key) =>
          ({ metadata }) =>
            metadata.labels?.[key],
      ),
    ),
    ...terms(fieldSelector).map((term) => parseTerm(term, fieldReader)),
  ];
  return (object) => tests.every((test) => test(object));
}

function fieldReader(key: string): Read {
  const field = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined;
  if (field) return field;
  throw badRequest(`field "${key}" cannot be selected by; these can: ${Object.keys(FIELDS).join(', ')}`);
}

/** Split at commas, except at those between the values of a set. */
function terms(selector: string | null | undefined): string[] {
  return (selector ?? '')
    .split(/,(?![^()]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}

/** `key=value`, `key==value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key`, `!key`. */
function parseTerm(term: string, reader: (key: string) => Read): Test {
  const set = /^([\w./-]+)\s+(in|notin)\s*\(([\w.\s,-]*)\)$/.exec(term);
  if (set) {
    const read = reader(set[1]!);
    const values: unknown[] = set[3]!.split(',').map((value) => value.trim());
    return (object) => values.includes(read(object)) === (set[2] === 'in');
  }
  const match = /^(!?)([\w./-]+)(?:\s*(==|=|!=)\s*([\w.-]*))?$/.exec(term);
  if (!match || (match[1] === '!' && match[3])) {
    throw badRequest(
      `selector "${term}" is not understood here: only key=value, key!=value, key in (a,b), key notin (a,b), key and !key are`,
    );
  }
  const [, not, key, operator, value] = match;
  const read = reader(key!);
  if (!operator) return (object) => (read(object) !== undefined) !== (not === '!');
  return (object) => ((read(object) ?? '') === value) !== (operator === '!=');
}
