import { createServer } from 'node:http';
import { join } from 'node:path';
import { MutableCloudLink } from '@edgecore/api';
import { createBus, createMessage } from '@edgecore/beehive';
import { openStore } from '@edgecore/store';
import { freePort, tempDir } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { ownPorts, serviceBus } from '../src/assembly/service-bus.js';
import { configOf, configText } from './support.js';

const ON = '  serviceBus: {enable: true, port: 9070}';

test('the agent’s own ports are closed to the cloud unless the file says otherwise', () => {
  const config = configOf(configText('/d', ON, 'edgecoreTs: {status: {port: 9100}, dbTest: {port: 9200}}'));
  // The other tests' agents have no port for edged.
  const { edged } = config;
  const usual = { ...config, edged: { ...edged, http: { ...edged.http, port: 10_350 } } };
  expect(ownPorts(usual).sort((a, b) => a - b)).toEqual([1883, 1884, 9070, 9100, 9200, 10_350, 10_550]);
});

test('the options of the file hold: allowed ports, denied ports, targets', async () => {
  const service = createServer((request, response) => response.end(request.url));
  const port = await freePort();
  await new Promise<void>((resolve) => service.listen(port, '127.0.0.1', resolve));
  const dir = await tempDir();
  const store = await openStore({ path: join(dir, 'edgecore.db') });
  const statusOf = async (own: string, resource: string): Promise<number> => {
    const config = configOf(configText(dir, ON, `edgecoreTs: {serviceBus: {${own}}}`));
    const bus = createBus().add(serviceBus(config, store, new MutableCloudLink()));
    const hub = bus.join('websocket', 'hub');
    bus.start();
    const route = { source: 'router_servicebus', group: 'user', operation: 'GET', resource };
    await hub.send('servicebus', createMessage(route));
    const { value: answer } = await hub.receive()[Symbol.asyncIterator]().next();
    await bus.stop();
    return (answer.content as { status_code: number }).status_code;
  };
  expect(await statusOf('', `${port}:/x`)).toBe(200);
  expect(await statusOf('', '9070:/x')).toBe(403);
  expect(await statusOf('allowPorts: [1]', `${port}:/x`)).toBe(403);
  expect(await statusOf(`denyPorts: [${port}]`, `${port}:/x`)).toBe(403);
  const targets = `targets: [{port: 80, hostPort: ${port}, prefix: /api}]`;
  expect(await statusOf(targets, '80:/api/x')).toBe(200);
  expect(await statusOf(targets, '80:/x')).toBe(403);
  expect(await statusOf(targets, `${port}:/api/x`)).toBe(403);
  await store.close();
  service.close();
});

test('a target that makes no sense ends the start with its name', async () => {
  const dir = await tempDir();
  const store = await openStore({ path: join(dir, 'edgecore.db') });
  const config = configOf(
    configText(dir, ON, 'edgecoreTs: {serviceBus: {targets: [{port: 80, host: 0x7f.1}]}}'),
  );
  expect(() => serviceBus(config, store, new MutableCloudLink())).toThrow(/targets\[0\]\.host: "0x7f\.1"/);
  await store.close();
});
