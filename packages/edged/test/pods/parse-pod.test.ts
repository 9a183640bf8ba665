import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parsePod, parsePodReference } from '../../src/pods/parse-pod.js';

const metadata = { uid: 'u', name: 'p', namespace: 'n' };
const spec = { containers: [{ name: 'c', image: 'busybox' }] };

describe('reading pods (edged.md §3.1)', () => {
  test('an object or a string holding one, with the defaults of an API server', () => {
    const object = { metadata: { ...metadata, managedFields: [{}] }, spec };
    const pod = parsePod(JSON.stringify(object));
    expect(pod).toEqual(parsePod(object));
    expect(pod.metadata).toEqual(metadata);
    expect(pod.spec).toMatchObject({
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
    });
    expect(pod.spec.containers[0]).toMatchObject({
      imagePullPolicy: 'Always',
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
    });
  });

  test.each([
    ['busybox:1', 'IfNotPresent'],
    ['busybox:latest', 'Always'],
    ['r:5000/busybox', 'Always'],
  ])('%s: %s', (image, policy) => {
    expect(
      parsePod({ metadata, spec: { containers: [{ name: 'c', image }] } }).spec.containers[0],
    ).toMatchObject({
      imagePullPolicy: policy,
    });
  });

  test.each([
    ['not JSON', '{"metadata"', /JSON/],
    ['no object', 7, /not an object/],
    ['no uid', { metadata: { name: 'p', namespace: 'n' }, spec }, /metadata.uid is missing/],
    [
      'a name that leaves the directory',
      { metadata: { ...metadata, uid: '../../etc' }, spec },
      /not a valid name/,
    ],
    ['a dotted uid', { metadata: { ...metadata, uid: '..' }, spec }, /not a valid name/],
  ])('%s', (_name, content, message) => {
    expect(() => parsePod(content)).toThrow(message);
  });

  test('a spec that cannot be worked with leaves the identity and what is wrong', () => {
    expect(parsePod({ metadata, spec: { nodeName: 'x', containers: [{ name: 'a/b' }] } })).toMatchObject({
      metadata,
      spec: { nodeName: 'x', containers: [] },
      problems: [expect.stringContaining('spec.containers[0].name: Invalid value: "a/b"')],
    });
  });

  test('nothing but InvalidPodError is ever thrown', () => {
    const name = fc.constantFrom<unknown>('a', 'b', '..', 7, null);
    const container = fc.record({ name, image: fc.jsonValue(), ports: fc.jsonValue(), env: fc.jsonValue() });
    const list = fc.oneof(fc.array(container), fc.jsonValue());
    const object = fc.record({
      metadata: fc.oneof(fc.constant(metadata), fc.jsonValue()),
      spec: fc.oneof(fc.record({ containers: list, initContainers: list, volumes: list }), fc.jsonValue()),
    });
    fc.assert(
      fc.property(fc.oneof(object, fc.jsonValue()), (content) => {
        try {
          parsePod(content);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_INVALID_POD' });
        }
      }),
    );
  });

  test('what a delete is about', () => {
    expect(parsePodReference({ metadata: { uid: 'u' }, spec: { containers: null } }, 'n', 'p')).toEqual({
      namespace: 'n',
      name: 'p',
      uid: 'u',
    });
    expect(parsePodReference(null, 'n', 'p').uid).toBe('');
    expect(() => parsePodReference({}, 'n', '')).toThrow(/no name/);
  });
});
