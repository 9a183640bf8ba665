import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually, freePort } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { connectAsync } from 'mqtt';
import { EdgeSite } from '../support/edge-site.js';

const endpoint = (name: string, ruleEndpointType: string) => ({
  apiVersion: 'rules.kubeedge.io/v1',
  kind: 'RuleEndpoint',
  metadata: { name },
  spec: { ruleEndpointType },
});

test('rules between MQTT topics of a node and URLs of the cloud, beside serviceBus (eventbus.md §6)', async () => {
  const posted: string[] = [];
  const service = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => posted.push(chunk.toString()));
    request.on('end', () => response.end());
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const [mqttPort, serviceBusPort] = [await freePort(), await freePort()];
  const site = await EdgeSite.open({ engine: 'process', profile: 'current', mqttPort, serviceBusPort });
  try {
    await site.startAgent().says(`edgecore runs as node ${site.node}`);
    await site.nodeReady('True');
    const client = await connectAsync(`mqtt://127.0.0.1:${mqttPort}`);
    await client.subscribeAsync('lamp/#');
    await site.cloud.apply(endpoint('mqtt', 'eventbus'));
    await site.cloud.apply(endpoint('web', 'rest'));
    const resource = `http://127.0.0.1:${(service.address() as AddressInfo).port}/`;
    await site.cloud.apply({
      apiVersion: 'rules.kubeedge.io/v1',
      kind: 'Rule',
      metadata: { name: 'up' },
      spec: {
        source: 'mqtt',
        sourceResource: { topic: 'meter', node_name: site.node },
        target: 'web',
        targetResource: { resource },
      },
    });
    await site.cloud.apply({
      apiVersion: 'rules.kubeedge.io/v1',
      kind: 'Rule',
      metadata: { name: 'down' },
      spec: {
        source: 'web',
        sourceResource: { path: '/lamp' },
        target: 'mqtt',
        targetResource: { topic: 'lamp' },
      },
    });
    // The subscription travels by itself: what is published before it has arrived goes nowhere.
    await eventually(
      async () => {
        await client.publishAsync('default/meter', '{"kWh":7}');
        return posted.length > 0;
      },
      { what: 'the message at the URL', intervalMs: 100 },
    );
    expect(posted[0]).toBe('{"kWh":7}');
    const arrived = once(client as unknown as NodeJS.EventEmitter, 'message');
    expect(await site.cloud.rest({ node: site.node, path: '/lamp/kitchen', body: 'on' })).toMatchObject({
      status: 200,
    });
    const [topic, payload] = (await arrived) as [string, Buffer];
    expect([topic, payload.toString()]).toEqual(['lamp/kitchen', 'on']);
    await client.endAsync();
    await site.stopAgent();
  } finally {
    await site.close();
    service.close();
  }
});
