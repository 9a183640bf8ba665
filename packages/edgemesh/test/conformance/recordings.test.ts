import type { Message } from '@edgecore/beehive';
import { eventually, goldenHub } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { ask } from '../support/dns-client.js';
import { endpoints, p1, service } from '../support/objects.js';
import { Rig } from '../support/rig.js';

test('2020: a service made, changed and deleted, message by message', async () => {
  const rig = await Rig.start({ nodeName: 'edge-2020' });
  const name = 'golden-svc.default.svc.cluster.local';
  const seen: [string, string, number][] = [];
  for (const { dir, message } of goldenHub('2020', 'service-endpoints.jsonl')) {
    const { operation = '', resource = '', source } = message.route;
    if (dir !== 'down' || !/\/(service|endpoints|podlist)\//.test(resource)) continue;
    await rig.down(operation, resource, message.content, source);
    const { rcode, addresses } = await ask(rig.dnsPort, name);
    seen.push([`${operation} ${resource.split('/')[1]}`, addresses[0] ?? rcode, rig.mesh.stats().listeners]);
  }
  const up = '9.251.0.1';
  expect(seen).toEqual([
    ['insert service', up, 1],
    ['update podlist', up, 1],
    ['insert endpoints', up, 1],
    ['update service', up, 1],
    ['update service', up, 1],
    ['update podlist', up, 1],
    ['update endpoints', up, 1],
    ['delete service', 'NXDOMAIN', 0],
    ['delete endpoints', 'NXDOMAIN', 0],
  ]);
});

describe('#34 #35 today’s cloud', () => {
  const recorded = goldenHub('v1.23', 'service-endpoints.jsonl');
  const application = (content: unknown) => content as { ID: string; Key: string; Verb: string };

  /** Answers as recorded where the question was; approves watches. */
  function cloud(request: Message): unknown {
    const { Key, Verb } = application(request.content);
    const answer = recorded.find(
      ({ dir, message }) =>
        dir === 'down' &&
        message.route.operation === 'applicationResponse' &&
        application(message.content).Key === Key &&
        application(message.content).Verb === Verb,
    );
    return answer?.message.content ?? { ...(request.content as object), Status: 'Approved' };
  }

  test('after the connect: lists, then watches, in the recorded form', async () => {
    const rig = await Rig.start({ cloud: 'current', connected: true, nodeName: 'edge123', answer: cloud });
    await eventually(() => rig.mesh.stats().services === 2);
    const asked = () => rig.up.filter(({ source }) => source === 'metaserver');
    await eventually(() => asked().length >= 4);
    expect(asked().map(({ content }) => `${application(content).Verb} ${application(content).Key}`)).toEqual([
      'list /core/v1/services/null/null',
      'list /core/v1/endpoints/null/null',
      'watch /core/v1/services/null/null',
      'watch /core/v1/endpoints/null/null',
    ]);
    const list = recorded.find(({ dir }) => dir === 'up')!.message;
    expect(asked()[0]!.content).toEqual(list.content);
    expect((await ask(rig.dnsPort, 'web.default.svc.cluster.local')).addresses).toHaveLength(1);
  });

  test('#34 what a watch sends makes the same state as what 2020 pushes, and is acknowledged', async () => {
    const rig = await Rig.start({ cloud: 'current' });
    const from = 'dynamiccontroller';
    await rig.down(
      'insert',
      'default/service/nginx-svc',
      { kind: 'Service', apiVersion: 'v1', ...service() },
      from,
    );
    const subsets = endpoints('nginx-svc', ['172.17.0.2'], 80, 'http-0');
    await rig.down(
      'insert',
      'default/endpoints/nginx-svc',
      { kind: 'Endpoints', apiVersion: 'v1', ...subsets },
      from,
    );
    expect(await rig.value('default/listener/default.nginx-svc')).toBe('"9.251.0.1"');
    expect(rig.portOf('9.251.0.1', 12345)).toBeGreaterThan(0);
    expect(
      rig.up.filter(({ operation, content }) => operation === 'response' && content === 'OK'),
    ).toHaveLength(2);
  });

  test('host ports of pods on other nodes are asked for, and kept for when there is no cloud', async () => {
    const address = { ip: '172.17.0.3', nodeName: 'edge-b', targetRef: { kind: 'Pod', name: 'p2' } };
    const remote = {
      subsets: [{ addresses: [address], ports: [{ name: 'http-0', port: 80, protocol: 'TCP' }] }],
    };
    const body = (object: unknown) => Buffer.from(JSON.stringify(object)).toString('base64');
    const items: Record<string, unknown[]> = {
      '/core/v1/services/null/null': [service()],
      '/core/v1/endpoints/null/null': [{ metadata: { name: 'nginx-svc', namespace: 'default' }, ...remote }],
      '/core/v1/pods/default/null': [p1],
    };
    const rig = await Rig.start({
      cloud: 'current',
      connected: true,
      answer: ({ content }) => ({
        ...application(content),
        Status: 'Approved',
        RespBody: body({ items: items[application(content).Key] ?? [] }),
      }),
    });
    await eventually(async () => (await rig.value('default/podlist/nginx-svc'))?.includes('"p1"'));
    const pods = rig.up.find(({ content }) => application(content)?.Key === '/core/v1/pods/default/null')!;
    const option = (pods.content as { Option: string }).Option;
    expect(JSON.parse(Buffer.from(option, 'base64').toString())).toEqual({ labelSelector: 'app=nginx' });
  });

  test('#35 a cloud that does not answer: told once, with what to switch on; the database serves', async () => {
    const before = await Rig.start();
    await before.down('insert', 'default/service/nginx-svc', service());
    await before.stop();
    const rig = await Rig.start({
      cloud: 'current',
      connected: true,
      path: before.path,
      dynamicTimeoutMs: 50,
    });
    const told = () => rig.log.filter((line) => line.includes('modules.dynamicController.enable'));
    await eventually(() => told().length === 1);
    rig.link.set({ connected: false });
    rig.link.set({ connected: true });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(told()).toHaveLength(1);
    expect((await ask(rig.dnsPort, 'nginx-svc.default')).addresses).toEqual(['9.251.0.1']);
  });
});
