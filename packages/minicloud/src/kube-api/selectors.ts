import { badRequest } from '../objects/api-status.js';
import { type StoredObject, specOf, statusOf } from '../objects/stored-object.js';

type Test = (object: StoredObject) => boolean;

const FIELDS: Readonly<Record<string, (object: StoredObject) => unknown>> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace,
  'spec.nodeName': (object) => specOf(object)['nodeName'],
  'status.phase': (object) => statusOf(object)['phase'],
};

/** What a list's selectors let through. @throws {ApiError} BadRequest for what is not understood here. */
export function selected(objects: readonly StoredObject[], query: URLSearchParams): StoredObject[] {
  const tests = [
    ...terms(query.get('labelSelector')).map((term) =>
      parseTerm(term, (key) => (object) => object.metadata.labels?.[key]),
    ),
    ...terms(query.get('fieldSelector')).map((term) =>
      parseTerm(term, (key) => {
        const field = FIELDS[key];
        if (field) return field;
        throw badRequest(
          `field "${key}" cannot be selected by; these can: ${Object.keys(FIELDS).join(', ')}`,
        );
      }),
    ),
  ];
  return objects.filter((object) => tests.every((test) => test(object)));
}

function terms(selector: string | null): string[] {
  return (selector ?? '')
    .split(',')
    .map((term) => term.trim())
    .filter((term) => term !== '');
}

/** `key=value`, `key==value`, `key!=value`, `key`, `!key`. */
function parseTerm(term: string, read: (key: string) => (object: StoredObject) => unknown): Test {
  const match = /^(!?)([\w./-]+)(?:\s*(==|=|!=)\s*([\w.-]*))?$/.exec(term);
  if (!match || (match[1] === '!' && match[3])) {
    throw badRequest(
      `selector "${term}" is not understood here: only key=value, key!=value, key and !key are`,
    );
  }
  const [, not, key, operator, value] = match;
  const field = read(key!);
  if (!operator) return (object) => (field(object) !== undefined) !== (not === '!');
  return (object) => ((field(object) ?? '') === value) !== (operator === '!=');
}
