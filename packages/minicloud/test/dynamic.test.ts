import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { approved, readApplication, rejected } from '../src/dynamic/application.js';
import { NodeWatches } from '../src/dynamic/node-watches.js';
import { wantedOf } from '../src/dynamic/wanted.js';
import { ApiError } from '../src/errors.js';
import { Kinds } from '../src/objects/kinds.js';
import type { ObjectEvent } from '../src/objects/object-store.js';
import type { StoredObject } from '../src/objects/stored-object.js';

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const asked = (Key: string, Verb = 'list', option: object = {}) =>
  readApplication({ ID: 'x', Key, Verb, Option: base64(option) });

function object(
  kind: string,
  name: string,
  labels: Record<string, string> = {},
  spec: object = {},
): StoredObject {
  const metadata = {
    name,
    namespace: 'default',
    uid: name,
    resourceVersion: '1',
    creationTimestamp: '',
    labels,
  };
  return { kind, metadata, spec };
}

describe('what an application asks for', () => {
  test.each([
    ['/core/v1/services/null/null', true],
    ['/core/v1/services/default/null', true],
    ['/core/v1/services/default/web', true],
    ['/core/v1/services/other/null', false],
    ['/core/v1/services/default/db', false],
  ])('%s: %s', (key, expected) => {
    expect(wantedOf(asked(key)).selects(object('Service', 'web'))).toBe(expected);
  });

  test.each([
    ['/networking.istio.io/v1alpha3/destinationrules/null/null', 'list', 404, 'NotFound'],
    ['/core/v1/secrets/default/token', 'get', 404, 'NotFound'],
    ['/version', 'get', 400, 'BadRequest'],
    ['', '', 400, 'BadRequest'],
    ['/core/v1/services/default', 'list', 400, 'BadRequest'],
    ['/core/v1/services/null/web', 'get', 400, 'BadRequest'],
    ['/core/v1/services/default/web', 'patch', 405, 'MethodNotAllowed'],
    ['/core/v1/services/default/web', 'dance', 405, 'MethodNotAllowed'],
    ['/core/v1/nodes/null/null', 'watch', 405, 'MethodNotAllowed'],
  ])('%s %s is refused: %d', (key, verb, status, reason) => {
    const refused = refusal(() => wantedOf(asked(key, verb)));
    expect(refused).toMatchObject({ status, reason });
    expect(rejected(asked(key, verb), refused)).toMatchObject({
      Key: key,
      Verb: verb,
      Status: 'Rejected',
      RespBody: null,
      Error: { ErrStatus: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, reason } },
    });
  });

  test.each([['not base64 of JSON'], [7], [base64([])], [base64({ labelSelector: 3 })]])(
    'an Option like %j is refused',
    (Option) => {
      const application = readApplication({ Key: '/core/v1/pods/null/null', Verb: 'list', Option });
      expect(refusal(() => wantedOf(application))).toMatchObject({ status: 400, reason: 'BadRequest' });
    },
  );

  test('any content is read and answered, with the keys an answer has', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.dictionary(fc.constantFrom('Key', 'Verb', 'Option', 'ID'), fc.jsonValue()),
        (any, some) => {
          for (const content of [any, some, undefined]) {
            const application = readApplication(content);
            let answer = approved(application);
            try {
              wantedOf(application);
            } catch (error) {
              expect(error).toBeInstanceOf(ApiError);
              answer = rejected(application, error);
            }
            expect(Object.keys(answer)).toHaveLength(12);
          }
        },
      ),
    );
  });
});

describe('what a change is for a node', () => {
  const watching = (...selectors: string[]) => {
    const watches = new NodeWatches('edge-1');
    selectors.forEach((labelSelector, index) => {
      watches.add(`w${index}`, wantedOf(asked('/core/v1/services/null/null', 'watch', { labelSelector })));
    });
    return watches;
  };
  const service = (labels: Record<string, string>) => object('Service', 'web', labels);
  const changed = (before: Record<string, string>, after: Record<string, string>): ObjectEvent => ({
    type: 'modified',
    kind: Kinds.service,
    object: service(after),
    previous: service(before),
  });

  test('objects come into sight, change, and leave it', () => {
    const watches = watching('app=x');
    const added = { type: 'added', kind: Kinds.service, object: service({ app: 'x' }) } as const;
    const deleted = { ...changed({ app: 'x' }, { app: 'x' }), type: 'deleted' } as const;
    expect(watches.operationFor(added)).toBe('insert');
    expect(watches.operationFor(changed({}, { app: 'x' }))).toBe('insert');
    expect(watches.operationFor(changed({ app: 'x' }, { app: 'x' }))).toBe('update');
    expect(watches.operationFor(changed({ app: 'x' }, {}))).toBe('delete');
    expect(watches.operationFor(changed({}, {}))).toBeUndefined();
    expect(watches.operationFor(deleted)).toBe('delete');
    expect(watches.operationFor({ ...added, kind: Kinds.endpoints })).toBeUndefined();
  });

  test('several watches are one sight: what leaves one is still seen by the other', () => {
    const watches = watching('app=x', '');
    expect(watches.operationFor(changed({ app: 'x' }, {}))).toBe('update');
    watches.keep(new Set(['w0']));
    expect(watches.operationFor(changed({ app: 'x' }, {}))).toBe('delete');
    watches.keep(new Set());
    expect(watches.operationFor(changed({ app: 'x' }, {}))).toBeUndefined();
  });

  test('pods of the node itself are the edge controller’s', () => {
    const watches = new NodeWatches('edge-1');
    watches.add('w', wantedOf(asked('/core/v1/pods/null/null', 'watch', { labelSelector: 'app=x' })));
    const pod = (nodeName: string, app: string) => object('Pod', 'p', { app }, { nodeName });
    const of = (before: StoredObject, after: StoredObject) =>
      watches.operationFor({ type: 'modified', kind: Kinds.pod, object: after, previous: before });
    expect(of(pod('edge-1', 'x'), pod('edge-1', 'y'))).toBeUndefined();
    // Given to this node a moment ago.
    expect(of(pod('', 'x'), pod('edge-1', 'x'))).toBeUndefined();
    expect(of(pod('edge-2', 'x'), pod('edge-2', 'y'))).toBe('delete');
  });

  test('a node has so many watches and no more; one asked for again is the same', () => {
    const watches = watching(...Array.from({ length: 256 }, () => ''));
    const wanted = wantedOf(asked('/core/v1/services/null/null', 'watch'));
    watches.add('w0', wanted);
    expect(refusal(() => watches.add('one more', wanted))).toMatchObject({ status: 429 });
  });
});

function refusal(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
