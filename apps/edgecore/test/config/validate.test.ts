import { describe, expect, test } from '@jest/globals';
import { parse, said, V1, V2 } from './fixtures.js';

const v2 = (keys: string) => `${V2}modules: {${keys}}`;
const v1 = (keys: string) => `${V1}modules: {${keys}}`;
const targets = (list: string) =>
  `${V2}edgecoreTs: {serviceBus: {targets: [${list}]}}\nmodules: {serviceBus: {enable: true}}`;
const kubelet = (keys: string) => v2(`edged: {tailoredKubeletConfig: {${keys}}}`);

describe('validation (config.md §4, L7)', () => {
  test.each([
    [v1('edged: {nodeIP: ""}'), 'NodeIp: Invalid value: "": Need sed NodeIP'],
    [kubelet('cgroupDriver: foo'), 'CGroupDriver: Invalid value: "foo": CGroupDriver value error'],
    [
      v2('edgeHub: {messageQPS: -1}'),
      'messageQPS: Invalid value: -1: MessageQPS must not be a negative number',
    ],
    [
      v2('edgeHub: {messageBurst: -1}'),
      'messageBurst: Invalid value: -1: MessageBurst must not be a negative number',
    ],
    [v1('eventBus: {mqttMode: 5}'), 'Mode: Invalid value: 5: Mode need in [0,2] range'],
    [`${V2}featureGates: {nope: true}`, 'unrecognized feature gate: nope'],
    [`${V2}database: {driverName: mysql}`, 'must be sqlite3'],
    [v2('edgeHub: {heartbeat: 0}'), '0 must be 1 second or more'],
    [v2('edgeHub: {websocket: {server: "192.0.2.1"}}'), 'is not host:port'],
    [v2('edgeHub: {websocket: {server: "2001:db8::1:10000"}}'), 'is not host:port'],
    [v2('edgeHub: {websocket: {server: "a:70000"}}'), 'is not host:port'],
    [v2('edgeHub: {httpServer: "http://a:1"}'), 'is not a URL of the form https://host'],
    [v2('edgeHub: {tlsCaFile: ""}'), 'must name a file'],
    [v2('eventBus: {mqttQOS: 3}'), '3 must be 0, 1 or 2'],
    [v2('eventBus: {mqttServerExternal: "nonsense"}'), 'is not a URL'],
    [kubelet('imageGCHighThresholdPercent: 120'), '120 is not a percentage'],
    [kubelet('imageGCLowThresholdPercent: 85'), '85 must be lower than'],
    [kubelet('evictionHard: {memory.free: 1Mi}'), '"memory.free" is not a signal'],
    [kubelet('evictionHard: {memory.available: lots}'), '"lots" is neither an amount'],
    [kubelet('evictionMinimumReclaim: {nodefs.available: 101%}'), '"101%" is neither an amount'],
    [kubelet('evictionSoft: {nodefs.available: 10%}'), 'set evictionSoftGracePeriod.nodefs.available'],
    [
      kubelet('evictionSoft: {pid.available: 5%}, evictionSoftGracePeriod: {pid.available: 30}'),
      '"30" is not a duration',
    ],
    [kubelet('evictionMaxPodGracePeriod: -1'), '-1 must be 0 or more'],
    [kubelet('syncFrequency: 0s'), 'must be longer than 0s'],
    [kubelet('clusterDNS: [nope]'), '"nope" is not an IP address'],
    [kubelet('readOnlyPort: 70000'), '70000 is not a port'],
    [kubelet('containerLogMaxSize: 10Mo'), 'is not a size'],
    [kubelet('registerWithTaints: [{key: a, effect: Never}]'), 'effect must be one of'],
    [v2('serviceBus: {enable: true, port: 0}'), '0 is not a port'],
    [targets('{host: plc}'), 'target 1: port is missing'],
    [targets('{port: 80}, {port: 80, prefx: /api}'), 'target 2: "prefx" is unknown; there are port, host'],
    [targets('{port: 80, host: 7}'), 'host is not a string'],
    [targets('80'), 'not a mapping with a port'],
    [targets('{port: 0}'), '0 is not a port'],
    [v1('edgeMesh: {subNet: 9.251.0.0/30}'), 'prefix of at most 28'],
    [`${V2}edgecoreTs: {edged: {runtime: podman}}`, 'must be one of auto, docker, process'],
  ])('%s', (text, message) => {
    const errors = said(text).filter((line) => line.startsWith('error'));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(message);
    expect(errors[0]).toMatch(/^error [\w.]+:3 /);
  });

  test('everything wrong is said at once', () => {
    const text = v2('edgeHub: {heartbeat: 0, tlsCaFile: ""}, eventBus: {mqttMode: 7, mqttQOS: 9}');
    expect(said(text)).toHaveLength(4);
  });

  test('a module that is off is not checked', () => {
    expect(said(v2('eventBus: {enable: false, mqttMode: 7}'))).toEqual([]);
  });

  test('a node without the hub is warned about', () => {
    expect(said(v2('edgeHub: {enable: false}'))[0]).toMatch(/never connects to the cloud/);
  });

  test('a rate of 0 means the default, no rate in an old file means no limit', () => {
    expect(parse(v2('edgeHub: {messageQPS: 0}')).config?.edgeHub.messageRate).toEqual({
      perSecond: 30,
      burst: 60,
    });
    expect(parse(V1).config?.edgeHub.messageRate).toBeUndefined();
    expect(parse(v1('edgeHub: {messageQPS: 7}')).config?.edgeHub.messageRate).toEqual({
      perSecond: 7,
      burst: 60,
    });
  });

  test('a heartbeat the cloud would not wait for is shortened', () => {
    expect(said(v2('edgeHub: {heartbeat: 30}'))[0]).toMatch(/^warning .*heartbeat:3 .*29 is used/);
    expect(parse(v2('edgeHub: {heartbeat: 30}')).config?.edgeHub.heartbeatMs).toBe(29_000);
  });

  test('without a project the default one is used (wire.md §2.1)', () => {
    const text = v2('edgeHub: {projectID: ""}');
    expect(said(text)).toEqual([
      expect.stringMatching(/^warning .*projectID:3 is empty; the default is used/),
    ]);
    // EdgeHub takes the empty text for its default.
    expect(parse(text).config?.edgeHub.projectId).toBe('');
  });

  test('an IPv6 cloud', () => {
    expect(said(v2('edgeHub: {websocket: {server: "[2001:db8::5]:10000"}}'))).toEqual([]);
  });

  test('a malformed token is mentioned without being shown', () => {
    const lines = said(v2('edgeHub: {token: very-secret}'));
    expect(lines[0]).toContain('does not look like');
    expect(JSON.stringify(parse(v2('edgeHub: {token: [very-secret]}')).problems)).not.toContain('secret');
    expect(lines.join()).not.toContain('very-secret');
  });
});

describe('units of the two formats (L6)', () => {
  test('2020: seconds, minutes, comma-separated DNS', () => {
    const { config } = parse(
      v1(
        'edged: {nodeStatusUpdateFrequency: 7, runtimeRequestTimeout: 3, clusterDNS: "10.0.0.1, 10.0.0.2", imagePullProgressDeadline: 5, taints: [{key: a, effect: NoExecute}], labels: {x: 1}}',
      ),
    );
    expect(config?.edged).toMatchObject({
      status: { updateMs: 7000 },
      runtime: { requestTimeoutMs: 180_000, pullProgressDeadlineMs: 5000 },
      dns: { servers: ['10.0.0.1', '10.0.0.2'], domain: '' },
      imageGc: { highPercent: 80, lowPercent: 40 },
    });
    expect(config?.node).toMatchObject({
      labels: { x: '1' },
      taints: [{ key: 'a', effect: 'NoExecute' }],
      interfaceName: 'eth0',
    });
  });

  test('today: duration strings, lists, sizes', () => {
    const { config } = parse(
      kubelet(
        'nodeStatusUpdateFrequency: 1m30s, runtimeRequestTimeout: 3m, clusterDNS: [10.0.0.1], containerLogMaxSize: 1Mi, evictionSoft: {nodefs.available: 15%}, evictionSoftGracePeriod: {nodefs.available: 1m30s}',
      ),
    );
    expect(config?.edged).toMatchObject({
      status: { updateMs: 90_000 },
      runtime: { requestTimeoutMs: 180_000 },
      dns: { servers: ['10.0.0.1'], domain: 'cluster.local' },
      imageGc: { highPercent: 85, lowPercent: 80, minAgeMs: 120_000 },
      eviction: {
        soft: { 'nodefs.available': '15%' },
        softGraceMs: { 'nodefs.available': 90_000 },
        minimumReclaim: {},
        pressureTransitionMs: 300_000,
        maxPodGraceSeconds: 0,
      },
      logs: { maxSizeBytes: 1_048_576 },
    });
    expect(config?.node.interfaceName).toBe('');
  });
});
