import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMessage, type Message } from '@edgecore/beehive';
import { eventually } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { FakeEdge } from '../fake-edge.js';
import { Lab, PROFILES } from '../lab.js';

const lab = new Lab();
const APP_URL = 'http://10.0.0.5:8080/api';

interface Posted {
  readonly url: string;
  readonly method: string;
  readonly body: string;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** An application in the cloud. */
async function cloudService(answer: (request: IncomingMessage) => string | undefined = () => 'done') {
  const posted: Posted[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      posted.push({ url: request.url!, method: request.method!, body });
      const text = answer(request);
      if (text === undefined) request.socket.destroy();
      else response.writeHead(418).end(text);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { posted, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const route = ({ source, group, operation, resource }: Message) => ({ source, group, operation, resource });
const called = (edge: FakeEdge) => edge.waitFor(({ source }) => source.startsWith('router_'), 'a call');

function answer(edge: FakeEdge, request: Message, content: unknown): Promise<void> {
  const fields = { source: 'servicebus', group: 'user', operation: 'upload', resource: '' };
  return edge.connection.send(createMessage<unknown>({ ...fields, parentId: request.id, content }));
}

function upload(edge: FakeEdge, source: string, resource: string, content: unknown) {
  const message = createMessage<unknown>({ source, group: 'user', operation: 'upload', resource, content });
  return edge.connection.send(message).then(() => message);
}

function endpoint(name: string, ruleEndpointType: string, properties?: object) {
  const spec = { ruleEndpointType, ...(properties ? { properties } : {}) };
  return { apiVersion: 'rules.kubeedge.io/v1', kind: 'RuleEndpoint', metadata: { name }, spec };
}

function rule(
  name: string,
  [source, sourceResource]: [string, object],
  [target, targetResource]: [string, object],
) {
  const spec = { source, sourceResource, target, targetResource };
  return { apiVersion: 'rules.kubeedge.io/v1', kind: 'Rule', metadata: { name }, spec };
}

describe('calls of services on a node', () => {
  test.each(PROFILES)('%s: asked in the form of its time, answered as the service did', async (profile) => {
    const cloud = await lab.start(profile);
    const edge = await lab.connect(cloud, 'edge-1');
    const headers = { 'X-Test': '7', Accept: ['*/*'] };
    const asked = cloud.http({
      node: 'edge-1',
      method: 'post',
      port: 6666,
      path: '/a?b=1',
      headers,
      body: 'hi',
    });
    const request = await called(edge);
    const content = { header: { 'X-Test': ['7'], Accept: ['*/*'] }, body: 'aGk=' };
    expect({ ...route(request), content: request.content }).toEqual({
      source: profile === '2020' ? 'router_rest' : 'router_servicebus',
      group: 'user',
      operation: 'POST',
      resource: profile === '2020' ? '6666:a?b=1' : '6666:/a?b=1',
      content: profile === '2020' ? content : { ...content, method: 'POST', url: '' },
    });
    await answer(edge, request, { header: { 'X-A': ['1', '2'] }, status_code: 418, body: '/wA=' });
    expect(await asked).toEqual({ status: 418, headers: { 'X-A': ['1', '2'] }, body: Buffer.from([255, 0]) });
  });

  test('no node, no answer, a node that leaves, an answer of somebody else, nonsense', async () => {
    const cloud = await lab.start('current');
    await expect(cloud.http({ node: 'edge-1', port: 80 })).rejects.toMatchObject({
      status: 503,
      message: "cloudcore doesn't have session for node:edge-1",
    });
    const edge = await lab.connect(cloud, 'edge-1');
    const other = await lab.connect(cloud, 'edge-2');
    await expect(cloud.http({ node: 'edge-1', port: 0 })).rejects.toMatchObject({ status: 400 });
    const late = cloud.http({ node: 'edge-1', port: 80, timeoutMs: 60 });
    await answer(other, await called(edge), { status_code: 200, body: '' });
    await expect(late).rejects.toMatchObject({ status: 504, message: /^wait to get response time out/ });
    const bad = cloud.http({ node: 'edge-1', port: 81 });
    await answer(edge, await edge.waitFor(({ resource }) => resource === '81:/'), { status_code: 'x' });
    await expect(bad).rejects.toMatchObject({ status: 502 });
    const left = cloud.http({ node: 'edge-1', port: 82 });
    await edge.waitFor(({ resource }) => resource === '82:/');
    // The rejection may come before the edge has closed.
    const told = expect(left).rejects.toMatchObject({ status: 503 });
    await edge.close();
    await told;
  });

  test('a rule leads a REST path to a service', async () => {
    const cloud = await lab.start('current');
    const edge = await lab.connect(cloud, 'edge-1');
    await cloud.apply(endpoint('in', 'rest'));
    await cloud.apply(endpoint('svc', 'servicebus', { service_port: '6666' }));
    await cloud.apply(rule('r', ['in', { path: '/source' }], ['svc', { path: '/target' }]));
    await expect(cloud.rest({ node: 'edge-1', path: '/sourcery' })).rejects.toMatchObject({ status: 404 });
    const asked = cloud.rest({ node: 'edge-1', path: '/source/x?a=1' });
    const request = await called(edge);
    expect(request.resource).toBe('6666:/target/x?a=1');
    await answer(edge, request, { header: {}, status_code: 200, body: '' });
    expect(await asked).toMatchObject({ status: 200 });
  });
});

describe('rules from a node to the cloud', () => {
  async function withRule() {
    const service = await cloudService();
    const cloud = await lab.start('current');
    const edge = await lab.connect(cloud, 'edge-1');
    await cloud.apply(
      rule(
        'up',
        ['app', { target_url: APP_URL, node_name: 'edge-1' }],
        ['out', { resource: `${service.url}/in` }],
      ),
    );
    await cloud.apply(endpoint('app', 'servicebus'));
    await cloud.apply(endpoint('out', 'rest'));
    const start = await called(edge);
    return { cloud, edge, service, start };
  }

  test('start when rule and endpoints are there, stop with the URL CloudCore makes of it', async () => {
    const { cloud, edge, start } = await withRule();
    const told = { source: 'router_servicebus', group: 'user', resource: APP_URL };
    expect(route(start)).toEqual({ ...told, operation: 'start' });
    expect(start.content).toBeNull();
    await cloud.delete('Rule', 'default', 'up');
    const stop = await edge.waitFor(({ operation }) => operation === 'stop');
    expect(route(stop)).toEqual({ ...told, operation: 'stop', resource: 'http:/10.0.0.5:8080/api' });
  });

  test('a node that connects is told; one whose rule lost its endpoint is not', async () => {
    const { cloud, edge } = await withRule();
    await edge.close();
    const again = await lab.connect(cloud, 'edge-1');
    await again.waitFor(({ operation }) => operation === 'start');
    await cloud.delete('RuleEndpoint', 'default', 'app');
    await cloud.delete('Rule', 'default', 'up');
    await again.ask('query', 'default/configmap/none');
    expect(again.received.filter(({ operation }) => operation === 'stop')).toEqual([]);
  });

  test('what an application posts reaches the URL, and the text of its answer comes back', async () => {
    const { edge, service } = await withRule();
    const asked = await upload(edge, 'servicebus', APP_URL, 'eyJhIjoxfQ==');
    const reply = await edge.waitFor(({ parentId }) => parentId === asked.id, 'the answer');
    expect(route(reply)).toEqual({
      source: 'servicebus',
      group: 'user',
      operation: 'response',
      resource: APP_URL,
    });
    expect(reply.content).toBe('done');
    // As CloudCore: the base64 is not decoded, the status not carried back.
    expect(service.posted).toEqual([{ url: '/in', method: 'POST', body: 'eyJhIjoxfQ==' }]);
  });

  test('no rule, or a target that does not answer: nothing comes back, the link lives on', async () => {
    const service = await cloudService(() => undefined);
    const cloud = await lab.start('current');
    const edge = await lab.connect(cloud, 'edge-1');
    await cloud.apply(endpoint('app', 'servicebus'));
    await cloud.apply(endpoint('out', 'rest'));
    await cloud.apply(
      rule('up', ['app', { target_url: APP_URL, node_name: 'edge-1' }], ['out', { resource: service.url }]),
    );
    const asked = [
      await upload(edge, 'servicebus', APP_URL, 'x'),
      await upload(edge, 'servicebus', 'http://none', 'x'),
    ];
    await eventually(() => service.posted.length > 0);
    await edge.ask('query', 'default/configmap/none');
    expect(edge.received.filter(({ parentId }) => asked.some(({ id }) => id === parentId))).toEqual([]);
  });

  test('event bus: subscribe, upload to the URL without an answer, publish, unsubscribe', async () => {
    const service = await cloudService();
    const cloud = await lab.start('current');
    const edge = await lab.connect(cloud, 'edge-1');
    const uploads: unknown[] = [];
    cloud.on('upload', ({ topic, payload }) => uploads.push([topic, payload]));
    await cloud.apply(endpoint('mqtt', 'eventbus'));
    await cloud.apply(endpoint('out', 'rest'));
    await cloud.apply(
      rule('up', ['mqtt', { topic: '/test/', node_name: 'edge-1' }], ['out', { resource: service.url }]),
    );
    await cloud.apply(rule('down', ['out', { path: '/to' }], ['mqtt', { topic: 'lamp' }]));
    const told = { source: 'router_eventbus', group: 'user' };
    expect(route(await called(edge))).toEqual({ ...told, operation: 'subscribe', resource: 'default/test' });
    await upload(edge, 'bus', 'default/test', '{"t":1}');
    await eventually(() => service.posted.length === 1);
    expect(service.posted).toEqual([{ url: '/', method: 'POST', body: '{"t":1}' }]);
    expect(uploads).toEqual([['default/test', '{"t":1}']]);
    expect(await cloud.rest({ node: 'edge-1', path: '/to/kitchen', body: 'on' })).toMatchObject({
      status: 200,
      body: Buffer.from('message delivered'),
    });
    const publish = await edge.waitFor(({ operation }) => operation === 'publish');
    expect({ ...route(publish), content: publish.content }).toEqual({
      ...told,
      operation: 'publish',
      resource: 'lamp/kitchen',
      content: 'on',
    });
    await cloud.delete('Rule', 'default', 'up');
    const unsubscribe = await edge.waitFor(({ operation }) => operation === 'unsubscribe');
    expect(route(unsubscribe)).toEqual({ ...told, operation: 'unsubscribe', resource: 'default/test' });
  });

  test.each([
    [
      endpoint('e', 'ftp'),
      'RuleEndpoint "e": spec.ruleEndpointType must be one of rest, eventbus, servicebus',
    ],
    [endpoint('e', 'servicebus', { service_port: 6666 }), 'put numbers in quotes'],
    [rule('r', ['', {}], ['b', {}]), 'Rule "r": spec.source names no RuleEndpoint'],
  ])('%#: what is wrong with a manifest is said', async (object, message) => {
    const cloud = await lab.start('current');
    await expect(cloud.apply(object)).rejects.toThrow(message);
  });
});
