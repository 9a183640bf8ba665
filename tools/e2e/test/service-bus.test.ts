import { createServer, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CloudProfileName } from '@edgecore/api';
import { eventually, freePort } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { runCli } from '../support/built-cli.js';
import { EdgeSite } from '../support/edge-site.js';

const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Posted {
  readonly path: string;
  readonly body: string;
}

/** A real HTTP service; `/echo` gives back what it was sent, bytes as they are. */
async function service(more?: RequestListener) {
  const posted: Posted[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      posted.push({ path: incoming.url!, body: body.toString() });
      if (more) more(incoming, response);
      else response.writeHead(201, { 'X-Method': incoming.method! }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close().closeAllConnections());
  return { posted, port: (server.address() as AddressInfo).port };
}

async function startSite(profile: CloudProfileName, cloudProfile?: CloudProfileName) {
  const serviceBusPort = await freePort();
  // With an admin socket, for the command.
  const site = await EdgeSite.open({
    engine: 'process',
    profile,
    serviceBusPort,
    ...(cloudProfile && { cloudProfile }),
    cloud: { adminSocket: undefined as unknown as string },
  });
  closers.push(() => site.close());
  await site.startAgent().says(`edgecore runs as node ${site.node}`);
  await site.nodeReady('True');
  return { site, serviceBusPort };
}

/** What an application on the node does. */
function post(
  port: number,
  targetURL: string,
  payload: unknown,
): Promise<{ code: number; msg: string; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', method: 'POST', agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve(JSON.parse(text)));
    });
    sent.on('error', reject);
    sent.end(JSON.stringify({ method: 'POST', targetURL, payload }));
  });
}

const TARGET = 'http://shop.example/orders';

function rules(node: string, port: number): string {
  const head = 'apiVersion: rules.kubeedge.io/v1';
  return `${head}
kind: RuleEndpoint
metadata: {name: app}
spec: {ruleEndpointType: servicebus, properties: {service_port: "80"}}
---
${head}
kind: RuleEndpoint
metadata: {name: shop}
spec: {ruleEndpointType: rest}
---
${head}
kind: Rule
metadata: {name: orders}
spec:
  source: app
  sourceResource: {target_url: "${TARGET}", node_name: ${node}}
  target: shop
  targetResource: {resource: "http://127.0.0.1:${port}/orders"}
`;
}

describe('HTTP across the edge, the built command and a cloud', () => {
  test.each(['2020', 'current'] as const)(
    'a cloud of %s reaches a REST service of the node',
    async (profile) => {
      const { site } = await startSite(profile, profile);
      const { port, posted } = await service();
      const cli = (...args: string[]) => runCli('cloud', 'http', ...args, '--data-dir', site.dir);
      expect(await cli('GET', site.node, `${port}/hello?a=1`)).toBe('');
      expect(await cli('POST', site.node, `${port}/echo`, '-d', 'grüße', '-i')).toMatch(
        /^HTTP 201\n[\s\S]*X-Method: POST\n[\s\S]*\n\ngrüße$/,
      );
      expect(posted).toEqual([
        { path: '/hello?a=1', body: '' },
        { path: '/echo', body: 'grüße' },
      ]);
      const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, n) => n % 256));
      const echoed = await site.cloud.http({
        node: site.node,
        port,
        path: '/echo',
        method: 'PUT',
        body: bytes,
      });
      expect([echoed.status, echoed.body.equals(bytes)]).toEqual([201, true]);
      await expect(cli('GET', site.node, `${await freePort()}/x`)).rejects.toThrow(
        /answered 404[\s\S]*nothing listens/,
      );
      await site.stopAgent();
    },
    60_000,
  );

  test('an application of the node reaches a URL of the cloud while a rule allows it, over a kill -9 too', async () => {
    const { site, serviceBusPort } = await startSite('current');
    const orders = await service((_, response) => response.end('order 7'));
    await expect(post(serviceBusPort, TARGET, 1)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await site.cloud.applyText(rules(site.node, orders.port));
    const ask = (payload: unknown) =>
      eventually(() => post(serviceBusPort, TARGET, payload), { what: 'the server for applications' });
    expect(await ask(1)).toEqual({
      code: 200,
      msg: 'receive response from cloud successfully',
      body: 'order 7',
    });
    // CloudCore hands the base64 on; services have come to expect it (servicebus.md §4).
    const [first] = orders.posted;
    expect(first!.path).toBe('/orders');
    expect(JSON.parse(Buffer.from(first!.body, 'base64').toString())).toEqual({
      method: 'POST',
      targetURL: TARGET,
      payload: 1,
    });
    expect(await post(serviceBusPort, 'http://other.example/', 1)).toMatchObject({ code: 400 });

    await site.killAgent();
    await site.startAgent().says(`edgecore runs as node ${site.node}`);
    // The rule is in the node's database: it listens before the cloud has said anything.
    await eventually(async () => (await ask(2)).code === 200, { what: 'an order after the restart' });

    await site.cloud.delete('Rule', 'default', 'orders');
    await eventually(
      () =>
        post(serviceBusPort, TARGET, 3).then(
          () => false,
          ({ code }: { code?: string }) => code === 'ECONNREFUSED',
        ),
      { what: 'the port closed', timeoutMs: 15_000 },
    );
    await site.stopAgent();
  }, 90_000);

  test('while the link is cut applications are told at once, and calls of the cloud end', async () => {
    const { site, serviceBusPort } = await startSite('current');
    const orders = await service((_, response) => response.end('done'));
    await site.cloud.applyText(rules(site.node, orders.port));
    await eventually(() => post(serviceBusPort, TARGET, 1));
    const silent = await service(() => {});
    const calling = site.cloud.http({ node: site.node, port: silent.port });
    const ended = expect(calling).rejects.toMatchObject({ status: 503 });
    await eventually(() => silent.posted.length === 1);
    site.link.cut();
    await ended;
    await eventually(
      async () =>
        (await post(serviceBusPort, TARGET, 2)).msg === 'connection lost between EdgeCore and CloudCore',
      { what: 'the loss' },
    );
    site.link.mend();
    await eventually(async () => (await post(serviceBusPort, TARGET, 3)).code === 200, {
      what: 'an order after the cut',
      timeoutMs: 20_000,
    });
    await site.stopAgent();
  }, 90_000);
});
