import { describe, expect, test } from '@jest/globals';
import { readManifest } from '../../src/static-pods/read-manifest.js';
import { staticPod } from '../../src/static-pods/static-pod.js';

const origin = { nodeName: 'Edge-1', path: '/m/web.yaml', seenAt: Date.parse('2026-11-23T08:00:00Z') };
const manifest = (spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', ...metadata },
  spec: { containers: [{ name: 'c', image: 'busybox' }], ...spec },
});

describe('the pod of a manifest', () => {
  test('has the names, annotations and defaults of the kubelet', () => {
    const pod = staticPod(manifest({}, { annotations: { a: 'b' }, labels: { app: 'x' } }), origin);
    const { uid } = pod.metadata;
    expect(uid).toMatch(/^[0-9a-f]{32}$/);
    expect(pod).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'web-edge-1',
        namespace: 'default',
        uid,
        labels: { app: 'x' },
        annotations: {
          a: 'b',
          'kubernetes.io/config.hash': uid,
          'kubernetes.io/config.seen': '2026-11-23T08:00:00.000Z',
          'kubernetes.io/config.source': 'file',
        },
      },
      spec: expect.objectContaining({
        nodeName: 'Edge-1',
        restartPolicy: 'Always',
        dnsPolicy: 'ClusterFirst',
        terminationGracePeriodSeconds: 30,
        tolerations: [{ operator: 'Exists', effect: 'NoExecute' }],
        containers: [expect.objectContaining({ imagePullPolicy: 'Always' })],
      }),
    });
  });

  test('its uid follows node, file and content, not the time or the order of keys', () => {
    const uid = (value: unknown, from = {}) => staticPod(value, { ...origin, ...from }).metadata.uid;
    const first = uid(manifest());
    const { spec, ...rest } = manifest();
    expect(uid({ spec, ...rest }, { seenAt: 0 })).toBe(first);
    expect(uid(manifest({ hostNetwork: true }))).not.toBe(first);
    expect(uid(manifest(), { path: '/m/other.yaml' })).not.toBe(first);
    expect(uid(manifest(), { nodeName: 'edge-2' })).not.toBe(first);
    expect(uid(manifest({}, { uid: 'own' }))).toBe('own');
  });

  const one = (container: object) => ({ containers: [{ name: 'c', image: 'busybox', ...container }] });
  test.each<[object, string]>([
    [{ serviceAccountName: 'x' }, 'spec.serviceAccountName'],
    [{ imagePullSecrets: [{ name: 's' }] }, 'spec.imagePullSecrets'],
    [{ volumes: [{ name: 'v', secret: { secretName: 's' } }] }, 'spec.volumes[0].secret'],
    [{ volumes: [{ name: 'v', configMap: { name: 'm' } }] }, 'spec.volumes[0].configMap'],
    [
      { volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] },
      'spec.volumes[0].projected.sources[0].serviceAccountToken',
    ],
    [one({ envFrom: [{ configMapRef: { name: 'm' } }] }), 'spec.containers[0].envFrom[0].configMapRef'],
    [
      one({ env: [{ name: 'A' }, { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }),
      'spec.containers[0].env[1].valueFrom.secretKeyRef',
    ],
  ])('may not refer to the API: %j', (spec, path) => {
    expect(() => staticPod(manifest(spec), origin)).toThrow(
      `a static pod may not refer to objects of the API: ${path}`,
    );
  });

  test.each<[unknown, string]>([
    ['text', 'the file does not hold an object'],
    [{ ...manifest(), kind: 'Deployment' }, 'kind is "Deployment", expected "Pod"'],
    [{ ...manifest(), apiVersion: undefined }, 'apiVersion is missing, expected "v1"'],
    [manifest({}, { name: '' }), 'metadata.name is missing'],
    [manifest({}, { name: '../x' }), 'is not a valid name'],
    [manifest({}, { labels: { a: 1 } }), 'metadata.labels["a"] is not a text; put it in quotes'],
    [manifest({ tolerations: {} }), 'spec.tolerations is not a list of objects'],
    [manifest({ containers: [] }), 'spec.containers: Required value'],
    [
      manifest({ containers: [{ name: 'c', image: 'b', env: [{ name: 'A', value: true }] }] }),
      'spec.containers[0].env[0].value',
    ],
  ])('%j is refused', (value, error) => {
    expect(() => staticPod(value, origin)).toThrow(error);
  });
});

describe('reading a manifest', () => {
  test('YAML 1.1 and JSON give the same', () => {
    const yaml = '---\n# a comment\na: {mode: 0644, on: yes}\nb: ["12:30", 12:30, 2026-11-23]\n---\n';
    const json = '{"a":{"mode":420,"true":true},"b":["12:30","12:30","2026-11-23"]}';
    expect(readManifest(yaml)).toEqual(readManifest(`\n\t${json}`));
  });

  test.each([
    ['', 'the file is empty'],
    ['# nothing\n', 'the file is empty'],
    ['{"a": ', 'not a pod: '],
    ['a: [1, 2', 'not a pod: '],
    ['a: 1\n---\nb: 2\n', 'the file has more than one document'],
  ])('%j', (text, error) => {
    expect(() => readManifest(text)).toThrow(error);
  });

  test('a file that unfolds without end is refused', () => {
    const names = 'abcdefghi';
    const lines = [...names].map((name, index) =>
      index === 0
        ? `${name}: &${name} [x, x, x, x, x]`
        : `${name}: &${name} [${`*${names[index - 1]}, `.repeat(9)}]`,
    );
    expect(() => readManifest(lines.join('\n'))).toThrow(/alias/i);
  });
});
