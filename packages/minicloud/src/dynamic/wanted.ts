import { ApiError } from '../errors.js';
import { badRequest } from '../objects/api-status.js';
import { type Kind, Kinds } from '../objects/kinds.js';
import { selecting } from '../objects/selectors.js';
import { namespaceOf, type StoredObject } from '../objects/stored-object.js';
import { type Application, optionOf } from './application.js';

/** Which objects an application is about. */
export interface Wanted {
  readonly kind: Kind;
  /** Absent: of all. */
  readonly namespace: string | undefined;
  /** Absent: whatever its name. */
  readonly name: string | undefined;
  /** Is the object one of them? */
  selects(object: StoredObject): boolean;
}

interface Served {
  readonly kind: Kind;
  readonly verbs: readonly string[];
}

const READ = ['get', 'list', 'watch'];
/** Secrets are not among them: nodes get those of their own pods only. */
const SERVED: Readonly<Record<string, Served>> = {
  'core/v1/services': { kind: Kinds.service, verbs: READ },
  'core/v1/endpoints': { kind: Kinds.endpoints, verbs: READ },
  'core/v1/pods': { kind: Kinds.pod, verbs: READ },
  // A watch would send nodes to nodes, as if they were their own.
  'core/v1/nodes': { kind: Kinds.node, verbs: ['get', 'list'] },
};

/** @throws {ApiError} for what this cloud does not serve, or cannot read. */
export function wantedOf(application: Application): Wanted {
  const { Key, Verb } = application;
  const [root, group, version, resource, namespacePart, namePart, ...more] = Key.split('/');
  if (root !== '' || namePart === undefined || namePart === '' || more.length > 0) {
    throw badRequest(`Key ${JSON.stringify(Key)} is not /<group>/<version>/<resource>/<namespace>/<name>`);
  }
  const served = SERVED[`${group}/${version}/${resource}`];
  if (!served) throw unknownResource(`${group}/${version}/${resource}`);
  const { kind, verbs } = served;
  if (!verbs.includes(Verb)) {
    const text = `the server does not allow this method on the requested resource: ${JSON.stringify(Verb)} of ${kind.plural}; here there is ${verbs.join(', ')}`;
    throw new ApiError('MethodNotAllowed', 405, text, { kind: kind.plural });
  }
  const namespace = kind.namespaced ? unlessNull(namespacePart) : undefined;
  const name = unlessNull(namePart);
  if (Verb === 'get' && (name === undefined || (kind.namespaced && namespace === undefined))) {
    throw badRequest(`get needs a name${kind.namespaced ? ' and a namespace' : ''} in Key, not ${Key}`);
  }
  const isSelected = Verb === 'get' ? () => true : selecting(selectorsOf(application));
  return {
    kind,
    namespace,
    name,
    selects: (object) =>
      (namespace === undefined || namespaceOf(object) === namespace) &&
      (name === undefined || object.metadata.name === name) &&
      isSelected(object),
  };
}

function selectorsOf(application: Application) {
  const option = optionOf(application);
  const text = (key: string) => {
    const value = option[key] ?? '';
    if (typeof value !== 'string') throw badRequest(`${key} must be text`);
    return value;
  };
  return { labelSelector: text('labelSelector'), fieldSelector: text('fieldSelector') };
}

function unlessNull(part: string | undefined): string | undefined {
  return part === 'null' || part === '' ? undefined : part;
}

function unknownResource(word: string): ApiError {
  const there = Object.values(SERVED).map(({ kind }) => kind.plural);
  return new ApiError(
    'NotFound',
    404,
    `the server could not find the requested resource: this cloud serves ${there.join(', ')}, not ${word}`,
  );
}
