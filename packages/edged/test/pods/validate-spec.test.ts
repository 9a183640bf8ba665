import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { specProblems } from '../../src/pods/validation/validate-spec.js';

const c = { name: 'c', image: 'busybox' };
const one = (extra: object) => ({ containers: [{ ...c, ...extra }] });
const spec = (extra: object) => ({ containers: [c], ...extra });

describe('what is wrong with a spec, in the words of the API server', () => {
  test.each<[unknown, string]>([
    [undefined, 'spec: Required value'],
    [{}, 'spec.containers: Required value'],
    [{ containers: [] }, 'spec.containers: Required value'],
    [{ containers: 'x' }, 'spec.containers: Invalid value: "x": must be a list'],
    [{ containers: [null] }, 'spec.containers[0]: Required value'],
    [{ containers: [{}] }, 'spec.containers[0].name: Required value'],
    [{ containers: [{ name: '..' }] }, 'spec.containers[0].name: Invalid value: "..": must consist of'],
    [{ containers: [c, c] }, 'spec.containers[1].name: Duplicate value: "c"'],
    [spec({ initContainers: [c] }), 'spec.initContainers[0].name: Duplicate value: "c"'],
    [spec({ volumes: [{ name: 'v' }, { name: 'v' }] }), 'spec.volumes[1].name: Duplicate value: "v"'],
    [spec({ volumes: [{ name: 'a/b' }] }), 'spec.volumes[0].name: Invalid value: "a/b": must consist of'],
    [
      spec({ restartPolicy: 'Sometimes' }),
      'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"',
    ],
    [
      spec({ activeDeadlineSeconds: 0 }),
      'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and',
    ],
    [
      spec({ hostAliases: [{ ip: '1.2.3.4\n5.6.7.8 evil' }] }),
      'spec.hostAliases[0].ip: Invalid value: "1.2.3.4\\n5.6.7.8 evil": must be a valid IP address',
    ],
    [one({ command: 'sleep' }), 'spec.containers[0].command: Invalid value: "sleep": must be a list'],
    [
      one({ env: [{ name: 'A', value: 7 }] }),
      'spec.containers[0].env[0].value: Invalid value: 7: must be a string',
    ],
    [
      one({ env: [{ name: 'A=B' }] }),
      `spec.containers[0].env[0].name: Invalid value: "A=B": must not contain '='`,
    ],
    [
      one({ resources: { limits: { memory: '12 bananas' } } }),
      'spec.containers[0].resources.limits[memory]: Invalid value: "12 bananas": quantities must match',
    ],
    [
      one({ resources: { limits: { memory: '-1' } } }),
      'spec.containers[0].resources.limits[memory]: Invalid value: "-1": must be greater than or equal to 0',
    ],
    [
      one({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }),
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
    [
      one({ ports: [{ containerPort: 99_999 }] }),
      'spec.containers[0].ports[0].containerPort: Invalid value: 99999: must be between 1 and 65535, inclusive',
    ],
    [
      one({ securityContext: { runAsUser: 1e30 } }),
      'spec.containers[0].securityContext.runAsUser: Invalid value: 1e+30: must be between 0 and 2147483647, inclusive',
    ],
    [
      one({ livenessProbe: {} }),
      'spec.containers[0].livenessProbe: Required value: must specify a handler type',
    ],
    [
      one({ livenessProbe: { exec: {}, tcpSocket: { port: 1 } } }),
      'spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
    ],
    [
      one({ livenessProbe: { exec: {}, periodSeconds: -3 } }),
      'spec.containers[0].livenessProbe.periodSeconds: Invalid value: -3: must be between 0 and',
    ],
    [
      one({
        volumeMounts: [
          { name: 'v', mountPath: '/a' },
          { name: 'w', mountPath: '/a' },
        ],
      }),
      'spec.containers[0].volumeMounts[1].mountPath: Duplicate value: "/a"',
    ],
  ])('%j', (value, problem) => {
    expect(specProblems(value)).toEqual([expect.stringContaining(problem)]);
  });

  test.each<[string, object]>([
    ['null is absent', one({ ports: null, env: null, resources: { limits: null }, livenessProbe: null })],
    ['fields nobody knows', { ...one({ future: { a: 1 } }), other: 7 }],
    ['every quantity form', one({ resources: { limits: { cpu: 1, memory: '1e3', 'a.b/c': '2' } } })],
    ['a volume of a kind this node lacks', spec({ volumes: [{ name: 'v', glusterfs: { path: 'x' } }] })],
    ['a mount of no volume', one({ volumeMounts: [{ name: 'nope', mountPath: '/x' }] })],
    ['the longest grace period', spec({ terminationGracePeriodSeconds: Number.MAX_SAFE_INTEGER })],
  ])('%s: nothing', (_name, value) => {
    expect(specProblems(value)).toEqual([]);
  });

  test('a few of many problems, however long the values', () => {
    const many = specProblems({
      containers: Array.from({ length: 100 }, () => ({ name: 'x'.repeat(10_000) })),
    });
    expect(many).toHaveLength(5);
    expect(many.join('').length).toBeLessThan(2000);
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (a, b, d) => {
        specProblems(a);
        specProblems(spec({ volumes: a, securityContext: b, hostAliases: d }));
        specProblems(one({ env: a, resources: b, livenessProbe: d }));
        specProblems(one({ resources: { limits: a, requests: b }, volumeMounts: d }));
      }),
    );
  });
});
