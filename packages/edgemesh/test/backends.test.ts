import { eventually } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { type BackendSources, backendsOf } from '../src/model/backends.js';
import { readEndpoints } from '../src/model/endpoints.js';
import { readPod } from '../src/model/pod.js';
import { readService } from '../src/model/service.js';
import { ask } from './support/dns-client.js';
import { endpoints, p1, p2, pod, service } from './support/objects.js';
import { Rig } from './support/rig.js';

function found(
  change: Record<string, unknown>,
  pods: unknown[],
  sources: Partial<BackendSources> = {},
  port = 0,
) {
  const read = readService('default', 'nginx-svc', service('nginx-svc', change));
  const { backends, unusable } = backendsOf(read, read.ports[port]!, {
    pods: pods.map((one) => readPod(one)!),
    endpoints: [],
    nodeName: 'edge-a',
    podNetwork: 'hostPort',
    ...sources,
  });
  return { ids: backends.map(({ id }) => id), unusable };
}

const named = (targetPort: unknown) => ({ ports: [{ name: 'web', port: 80, targetPort, protocol: 'TCP' }] });

test('#24 here by the pod’s address, elsewhere by its host port', () => {
  expect(found({}, [p1, p2]).ids).toEqual(['172.17.0.2:80', '192.168.1.12:8080']);
});

test('#24 on another node without a host port: of no use, and why', () => {
  const bare = pod('p2', { spec: { nodeName: 'edge-b' } });
  expect(found({}, [p1, bare])).toEqual({
    ids: ['172.17.0.2:80'],
    unusable: ['pod p2 on node edge-b has no hostPort for 80'],
  });
  expect(found({}, [bare], { podNetwork: 'routable' }).ids).toEqual(['172.17.0.2:80']);
});

test('#24 it is told once', async () => {
  const rig = await Rig.start();
  await rig.down('insert', 'default/service/nginx-svc', service());
  const bare = pod('p2', { spec: { nodeName: 'edge-b' } });
  await rig.down('update', 'default/podlist/nginx-svc', [p1, bare]);
  await rig.down('update', 'default/podlist/nginx-svc', [p1, bare, p2]);
  expect(rig.log.filter((line) => line.includes('has no hostPort'))).toHaveLength(1);
});

test('#24 a target port’s name means another number in each pod', () => {
  const one = pod('a', { ports: [{ name: 'web', containerPort: 80 }] });
  const other = pod('b', { status: { podIP: '172.17.0.3' }, ports: [{ name: 'web', containerPort: 8080 }] });
  expect(found(named('web'), [one, other]).ids).toEqual(['172.17.0.2:80', '172.17.0.3:8080']);
  expect(found(named('nope'), [one]).unusable).toEqual(['pod a has no container port named "nope"']);
});

test('#24 not ready, deleting or not running: left out; host network: the node’s address', () => {
  const notReady = { conditions: [{ type: 'Ready', status: 'False' }] };
  const gone = { metadata: { name: 'd', namespace: 'default', deletionTimestamp: '2020-06-20T02:00:00Z' } };
  const pods = [pod('a', { status: notReady }), pod('d', gone), pod('s', { status: { phase: 'Succeeded' } })];
  expect(found({}, pods)).toEqual({ ids: [], unusable: [] });
  expect(found({ publishNotReadyAddresses: true }, [pods[0]]).ids).toEqual(['172.17.0.2:80']);
  expect(found({}, [pod('h', { spec: { nodeName: 'edge-b', hostNetwork: true } })]).ids).toEqual([
    '192.168.1.11:80',
  ]);
});

test('#25 ports that look alike go to their own targets', () => {
  const ports = [
    { name: 'tcp-a', port: 80, targetPort: 1080 },
    { name: 'http-b', port: 8080, targetPort: 18080 },
  ];
  expect(found({ ports }, [p1]).ids).toEqual(['172.17.0.2:1080']);
  expect(found({ ports }, [p1], {}, 1).ids).toEqual(['172.17.0.2:18080']);
  const read = readService('default', 'x', service('x', { ports }));
  expect(read.ports.map(({ http }) => http)).toEqual([false, true]);
});

test('#26 without a selector the endpoints count, and a pod list means nothing', () => {
  const subsets = readEndpoints(endpoints('mqtt', ['10.0.0.9'], 1883));
  const change = { selector: undefined, ports: [{ port: 1883, targetPort: 1883 }] };
  expect(found(change, [p1], { endpoints: subsets }).ids).toEqual(['10.0.0.9:1883']);
});

test('endpoints of today’s cloud: of this node by address, of others only when pods are known', () => {
  const address = (ip: string, nodeName: string, name: string) => ({
    ip,
    nodeName,
    targetRef: { kind: 'Pod', name, namespace: 'default' },
  });
  const subsets = readEndpoints({
    subsets: [
      {
        addresses: [address('172.17.0.2', 'edge-a', 'p1'), address('172.17.0.3', 'edge-b', 'p2')],
        ports: [{ name: 'http-0', port: 80, protocol: 'TCP' }],
      },
    ],
  });
  expect(found({}, [], { pods: undefined, endpoints: subsets })).toEqual({
    ids: ['172.17.0.2:80'],
    unusable: ['the host port of pod p2 on node edge-b is not known'],
  });
});

test('what makes no sense is left out, not thrown', () => {
  const odd = { ports: [{ port: 'x' }, null, { port: 99_999 }, { port: 53, protocol: 'SCTP' }, { port: 5 }] };
  expect(readService('default', 'x', service('x', odd)).ports).toEqual([
    { name: '', protocol: 'TCP', port: 5, targetPort: 5, http: false },
  ]);
  for (const content of [null, 'text', [], { spec: null }, { subsets: [null, { addresses: 'x' }] }]) {
    expect(readService('default', 'x', content).ports).toEqual([]);
    expect(readEndpoints(content).flatMap(({ addresses }) => addresses)).toEqual([]);
    expect(readPod(content)).toBeUndefined();
  }
});

test('pods of this node: what it knows itself counts, also after a reboot without a cloud', async () => {
  let ip = '172.17.0.2';
  const local = { namespace: 'default', name: 'p1', phase: 'Running', ready: true, deleting: false };
  const rig = await Rig.start({ localPods: () => [{ ...local, ip }], localPodsMs: 10 });
  await rig.down('insert', 'default/service/nginx-svc', service());
  await rig.down('update', 'default/podlist/nginx-svc', [p1]);
  const name = 'p1.nginx-svc.default.svc.cluster.local';
  expect((await ask(rig.dnsPort, name)).addresses).toEqual(['172.17.0.2']);
  ip = '172.17.0.9';
  await eventually(async () => (await ask(rig.dnsPort, name)).addresses[0] === '172.17.0.9');
});

test('a change of a pod the node tells of counts at once, not at the next turn', async () => {
  const local = { namespace: 'default', name: 'p1', ip: '172.17.0.2', phase: 'Running', deleting: false };
  let ready = false;
  const rig = await Rig.start({ localPods: () => [{ ...local, ready }], localPodsMs: 3_600_000 });
  await rig.down('insert', 'default/service/nginx-svc', service());
  await rig.down('update', 'default/podlist/nginx-svc', [p1]);
  const name = 'p1.nginx-svc.default.svc.cluster.local';
  expect((await ask(rig.dnsPort, name)).addresses).toEqual([]);
  ready = true;
  rig.mesh.podsChanged();
  await eventually(async () => (await ask(rig.dnsPort, name)).addresses[0] === '172.17.0.2');
});
