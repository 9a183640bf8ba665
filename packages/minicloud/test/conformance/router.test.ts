import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeMessage, type Message, withFields } from '@edgecore/beehive';
import { eventually, golden } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { Lab } from '../lab.js';

const lab = new Lab();
const recorded = golden('v1.23', 'router.jsonl').map(({ raw }) => decodeMessage(Buffer.from(raw!, 'hex')));
const [subscribe, publish, mqttUpload, question, answer] = recorded as [
  Message,
  Message,
  Message,
  Message,
  Message,
];

/** Ids and times differ in every run. */
const plain = ({ source, group, operation, resource, content }: Message) => ({
  source,
  group,
  operation,
  resource,
  content,
});

const endpoint = (name: string, type: string, properties = '') => `
apiVersion: rules.kubeedge.io/v1
kind: RuleEndpoint
metadata: {name: ${name}}
spec: {ruleEndpointType: ${type}${properties}}
---`;
const rule = (name: string, spec: string) => `
apiVersion: rules.kubeedge.io/v1
kind: Rule
metadata: {name: ${name}}
spec: {${spec}}
---`;

test('the three rules of the recording send what CloudCore v1.23 sent, and take what the Go edge answered', async () => {
  const posted: string[] = [];
  const service = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => posted.push(chunk.toString()));
    request.on('end', () => response.end());
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/`;
  const cloud = await lab.start('current');
  const edge = await lab.connect(cloud, 'edge123');
  await cloud.applyText(
    [
      endpoint('rest', 'rest'),
      endpoint('mqtt', 'eventbus'),
      endpoint('svc', 'servicebus', ', properties: {service_port: "6666"}'),
      rule(
        'a',
        `source: mqtt, sourceResource: {topic: test2, node_name: edge123}, target: rest, targetResource: {resource: "${url}"}`,
      ),
      rule('b', 'source: rest, sourceResource: {path: /pub}, target: mqtt, targetResource: {topic: test}'),
      rule('c', 'source: rest, sourceResource: {path: /call}, target: svc, targetResource: {path: /hello}'),
    ].join(''),
  );
  const next = (operation: string) => edge.waitFor((message) => message.operation === operation, operation);
  expect(plain(await next('subscribe'))).toEqual(plain(subscribe));

  await cloud.rest({ node: 'edge123', path: '/pub', method: 'POST', body: '{"cmd":"on"}' });
  expect(plain(await next('publish'))).toEqual(plain(publish));

  await edge.connection.send(mqttUpload);
  await eventually(() => posted.length === 1);
  expect(posted).toEqual([mqttUpload.content]);

  // What curl sent to the router in the recording.
  const { header } = question.content as { header: Record<string, string[]> };
  const called = cloud.rest({
    node: 'edge123',
    path: '/call',
    method: 'POST',
    headers: header,
    body: 'hi svc',
  });
  const asked = await next('POST');
  expect(plain(asked)).toEqual(plain(question));
  await edge.connection.send(withFields(answer, { parentId: asked.id }));
  expect(await called).toEqual({
    status: 200,
    headers: (answer.content as { header: unknown }).header,
    body: Buffer.from('sink-ok'),
  });
  service.close();
});
