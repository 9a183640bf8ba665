import { describe, expect, test } from '@jest/globals';
import { chooseNode } from '../src/cluster/pod-binding.js';
import { mustReplacePod } from '../src/manifests/manifest-plan.js';
import { defaultPod, defaultPullPolicy, qosClass } from '../src/objects/pod-defaults.js';
import { podReferences } from '../src/objects/pod-references.js';
import { validateObject } from '../src/objects/validate.js';

test('a pod is the same whatever its objects were made by; only images may differ', () => {
  const pod = (image: string, name = 'c') => ({ spec: { containers: [{ name, image }], volumes: [] } });
  const spec = Object.assign(Object.create(null) as object, pod('a:2').spec, { hostname: undefined });
  expect(mustReplacePod(pod('a:1'), { spec })).toBe(false);
  expect(mustReplacePod(pod('a:1'), pod('a:1', 'd'))).toBe(true);
});

describe('pod defaults', () => {
  test('are those of the API server', () => {
    const pod = defaultPod({
      metadata: { name: 'p' },
      spec: {
        containers: [
          {
            name: 'c',
            image: 'busybox:1.36',
            ports: [{ containerPort: 80 }],
            resources: { limits: { memory: '1024Mi' } },
            livenessProbe: { httpGet: { port: 80 } },
          },
        ],
        volumes: [
          { name: 'v', configMap: { name: 'cm' } },
          { name: 'h', hostPath: { path: '/x' } },
        ],
      },
    });
    expect(pod).toMatchObject({
      spec: {
        restartPolicy: 'Always',
        terminationGracePeriodSeconds: 30,
        dnsPolicy: 'ClusterFirst',
        securityContext: {},
        schedulerName: 'default-scheduler',
        containers: [
          {
            imagePullPolicy: 'IfNotPresent',
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
            ports: [{ containerPort: 80, protocol: 'TCP' }],
            resources: { limits: { memory: '1Gi' }, requests: { memory: '1Gi' } },
            livenessProbe: {
              httpGet: { port: 80, path: '/', scheme: 'HTTP' },
              periodSeconds: 10,
              failureThreshold: 3,
            },
          },
        ],
        volumes: [
          { name: 'v', configMap: { name: 'cm', defaultMode: 420 } },
          { name: 'h', hostPath: { path: '/x', type: '' } },
        ],
      },
      status: { phase: 'Pending', qosClass: 'Burstable' },
    });
  });

  test('given values win', () => {
    const spec = {
      restartPolicy: 'Never',
      containers: [{ name: 'c', image: 'x', imagePullPolicy: 'Never' }],
    };
    expect(defaultPod({ spec })).toMatchObject({ spec });
  });

  test('completing a complete pod changes nothing', () => {
    const once = defaultPod({
      spec: { containers: [{ name: 'c', image: 'a:1', resources: { limits: { cpu: '0.5' } } }] },
    });
    expect(defaultPod(once)).toEqual(once);
  });

  test.each([
    ['busybox', 'Always'],
    ['busybox:latest', 'Always'],
    ['busybox:1', 'IfNotPresent'],
    ['registry:5000/busybox', 'Always'],
    ['busybox@sha256:abc', 'IfNotPresent'],
  ])('%s is pulled %s', (image, policy) => expect(defaultPullPolicy(image)).toBe(policy));

  test.each<[string, object[], string]>([
    ['BestEffort', [{}], 'BestEffort'],
    ['Burstable', [{ requests: { cpu: '1' } }], 'Burstable'],
    ['Guaranteed', [{ limits: { cpu: '1', memory: '1Gi' } }], 'Guaranteed'],
    ['Burstable for one container without', [{ limits: { cpu: '1', memory: '1Gi' } }, {}], 'Burstable'],
  ])('%s', (_name, resources, qos) => {
    expect(qosClass(resources.map((item) => ({ resources: item })))).toBe(qos);
  });
});

test('references of a pod: volumes, projections, environment, pull secrets', () => {
  const { configMaps, secrets } = podReferences({
    spec: {
      volumes: [
        { configMap: { name: 'a' } },
        { secret: { secretName: 'b' } },
        { projected: { sources: [{ configMap: { name: 'c' } }, { secret: { name: 'd' } }, null] } },
      ],
      initContainers: [{ envFrom: [{ configMapRef: { name: 'e' } }, { secretRef: { name: 'f' } }] }],
      containers: [
        {
          env: [
            { valueFrom: { configMapKeyRef: { name: 'g' } } },
            { valueFrom: { secretKeyRef: { name: 'h' } } },
          ],
        },
      ],
      imagePullSecrets: [{ name: 'i' }, {}],
    },
  });
  expect([...configMaps]).toEqual(['a', 'c', 'e', 'g']);
  expect([...secrets]).toEqual(['b', 'd', 'f', 'h', 'i']);
});

describe('what may be applied', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'x' }] },
  };

  test('a namespace is filled in', () => {
    expect(validateObject(pod).object.metadata).toEqual({ name: 'p', namespace: 'default' });
  });

  test.each<[string, unknown, RegExp]>([
    ['no mapping', 'x', /must be a mapping/],
    ['no kind', {}, /kind is missing/],
    ['a workload', { kind: 'Deployment' }, /Deployment needs controllers.*write a Pod/],
    ['an unknown kind', { kind: 'Banana' }, /kind Banana is not known here \(known: Pod, ConfigMap, .*\)/],
    ['a node', { kind: 'Node', apiVersion: 'v1', metadata: { name: 'n' } }, /kind Node is not known/],
    ['another version', { ...pod, apiVersion: 'v2' }, /apiVersion of a Pod must be v1, not "v2"/],
    ['no name', { ...pod, metadata: {} }, /metadata.name of a Pod is missing/],
    ['a bad name', { ...pod, metadata: { name: 'A/b' } }, /"A\/b" may only have/],
    ['a bad namespace', { ...pod, metadata: { name: 'p', namespace: 3 } }, /metadata.namespace 3/],
    ['no containers', { ...pod, spec: {} }, /spec.containers is empty/],
    ['no image', { ...pod, spec: { containers: [{ name: 'c' }] } }, /spec.containers\[0\].image is missing/],
    [
      'a name twice',
      { ...pod, spec: { containers: [...pod.spec.containers, ...pod.spec.containers] } },
      /used twice/,
    ],
    [
      'secret data in plain text',
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { k: 'not base64!' } },
      /data.k is not base64; put plain text under stringData/,
    ],
  ])('%s is refused in words', (_what, object, message) =>
    expect(() => validateObject(object)).toThrow(message),
  );
});

describe('choosing a node', () => {
  const node = (name: string, ready: boolean, extra: object = {}) =>
    ({
      metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '', labels: { name } },
      status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }] },
      ...extra,
    }) as const;

  test('ready first, then the emptiest, then by name; selectors and cordons count', () => {
    const nodes = [
      node('b', true),
      node('a', true),
      node('c', false),
      node('d', true, { spec: { unschedulable: true } }),
    ];
    const pods = (busy: string) => (name: string) => (name === busy ? 1 : 0);
    expect(chooseNode({}, nodes, pods(''))).toBe('a');
    expect(chooseNode({}, nodes, pods('a'))).toBe('b');
    expect(chooseNode({ nodeSelector: { name: 'c' } }, nodes, pods(''))).toBe('c');
    expect(chooseNode({ nodeSelector: { name: 'd' } }, nodes, pods(''))).toBeUndefined();
    expect(chooseNode({}, [], pods(''))).toBeUndefined();
  });
});
