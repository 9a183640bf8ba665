import type { Resolver, ServiceTarget } from '@edgecore/servicebus';
import { ServiceGateway } from '@edgecore/servicebus';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { callService } from '../src/calls/http-call.js';
import { readServiceRequest } from '../src/calls/service-request.js';
import { call, callWith, read } from './support/requests.js';
import { type Service, startService } from './support/service.js';

const LIMITS = { maxRequestBytes: 1000, maxResponseBytes: 1000, maxHeaderBytes: 1000 };

/** The service nobody may reach by a trick. */
let victim: Service;
let gateway: ServiceGateway;
beforeEach(async () => {
  victim = await startService();
});
afterEach(() => gateway?.close());

describe('which services may be called', () => {
  test('denied and not allowed ports: 403 with the port', async () => {
    const { port } = victim;
    for (const options of [
      { denyPorts: [port] },
      { allowPorts: [1] },
      { allowPorts: [port], denyPorts: [port] },
      { targets: [] },
    ]) {
      gateway = new ServiceGateway(options);
      expect(read(await gateway.answer(call(`${port}:/x`)))).toEqual({
        status: 403,
        text: `port ${port} is not allowed`,
      });
    }
    expect(victim.sockets.total).toBe(0);
    gateway = new ServiceGateway({ allowPorts: [port] });
    expect(read(await gateway.answer(call(`${port}:/x`))).status).toBe(200);
  });

  test.each([
    ['/api', 200],
    ['/api/', 200],
    ['/api/v1?x=../..', 200],
    ['/api?x', 200],
    ['/apix', 403],
    ['/', 403],
    ['/API', 403],
    ['/api/../admin', 403],
    ['/api/..', 403],
    ['/api/./x', 403],
    ['/api/%2e%2e/admin', 403],
    ['/api/.%2E/admin', 403],
    ['/api/%252e%252e/admin', 403],
    ['/api/%25252525252e/admin', 403],
    ['/api/..%2fadmin', 403],
    ['/api%2f..%2fadmin', 403],
    ['/api/..%5cadmin', 403],
    ['/api/..;x=1/admin', 403],
  ])('prefix /api, path %s: %i', async (path, status) => {
    gateway = new ServiceGateway({ targets: [{ port: 7000, hostPort: victim.port, prefix: '/api/' }] });
    expect(read(await gateway.answer(call(`7000:${path}`))).status).toBe(status);
    expect(victim.seen).toHaveLength(status === 200 ? 1 : 0);
  });

  test('the longest prefix decides, and other ports are closed', async () => {
    const other = await startService();
    const targets = [
      { port: 7000, hostPort: victim.port },
      { port: 7000, hostPort: other.port, prefix: '/other' },
    ];
    gateway = new ServiceGateway({ targets });
    await gateway.answer(call('7000:/x'));
    await gateway.answer(call('7000:/other/x'));
    expect([victim.seen.length, other.seen.length]).toEqual([1, 1]);
    expect(read(await gateway.answer(call(`${victim.port}:/x`))).status).toBe(403);
  });

  test.each([
    '0x7f.1',
    '2130706433',
    '0177.0.0.1',
    '127.1',
    '127.0.0.1.',
    'evil.example:80',
    'user@evil.example',
    '[::1]',
    'a b',
    '',
    'é.example',
    'evil.example/x',
    '1.2.3.4.5',
  ])('host %j is no configuration', (host) => {
    expect(() => new ServiceGateway({ targets: [{ port: 80, host }] })).toThrow(/targets\[0\]\.host/);
  });

  test.each([
    { port: 0 },
    { port: 70_000 },
    { port: 80, prefix: 'api' },
    { port: 80, prefix: '/a/../b' },
    { port: 80, hostPort: 1.5 },
  ])('target %j is no configuration', (target) => {
    expect(() => new ServiceGateway({ targets: [target as ServiceTarget] })).toThrow(/targets\[0\]/);
  });
});

describe('DNS rebinding', () => {
  const at =
    (...addresses: string[]): Resolver =>
    async () =>
      addresses;

  test.each([
    '127.0.0.1',
    '127.8.8.8',
    '0.0.0.0',
    '169.254.169.254',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '0x7f.1',
    '2130706433',
    'evil.example',
    '',
  ])('a configured name that suddenly is %j', async (address) => {
    gateway = new ServiceGateway({
      targets: [{ port: 7000, host: 'plc.example', hostPort: victim.port }],
      resolve: at(address),
    });
    const { status, text } = read(await gateway.answer(call('7000:/x')));
    expect([status, text]).toEqual([403, `plc.example resolves to ${address}, which is not allowed`]);
    expect(victim.sockets.total).toBe(0);
  });

  test('one bad address among good ones is enough', async () => {
    gateway = new ServiceGateway({
      targets: [{ port: 7000, host: 'plc.example' }],
      resolve: at('192.0.2.1', '127.0.0.1'),
    });
    expect(read(await gateway.answer(call('7000:/x'))).status).toBe(403);
  });

  test('a name is looked up once per call, and the address checked is the one connected to', async () => {
    const asked: string[] = [];
    const answers = [['127.0.0.1'], ['10.0.0.1']];
    gateway = new ServiceGateway({
      // `localhost` alone may be this machine, and nothing else.
      targets: [{ port: 7000, host: 'localhost', hostPort: victim.port }],
      resolve: async (host) => {
        asked.push(host);
        return answers.shift() ?? [];
      },
    });
    expect(read(await gateway.answer(call('7000:/x'))).status).toBe(200);
    expect(victim.seen[0]!.headers.host).toBe(`localhost:${victim.port}`);
    expect(read(await gateway.answer(call('7000:/x'))).status).toBe(403);
    expect(read(await gateway.answer(call('7000:/x')))).toMatchObject({
      status: 404,
      text: /has no address/,
    });
    expect(asked).toEqual(['localhost', 'localhost', 'localhost']);
  });

  test('a name that does not resolve, and one that takes too long', async () => {
    const targets = [{ port: 7000, host: 'plc.example' }];
    gateway = new ServiceGateway({ targets, resolve: () => Promise.reject(new Error('NXDOMAIN')) });
    expect(read(await gateway.answer(call('7000:/x')))).toEqual({
      status: 404,
      text: 'error to call service: plc.example does not resolve: NXDOMAIN',
    });
    gateway = new ServiceGateway({ targets, resolve: () => new Promise(() => {}), callTimeoutMs: 50 });
    expect(read(await gateway.answer(call('7000:/x'))).status).toBe(504);
  });

  test.each([false, true])(
    'credentials go to other machines only when the target says so: %s',
    async (forwardCredentials) => {
      const header = { Authorization: ['Bearer x'], Cookie: ['a=b'], 'X-Api-Key': ['k'], 'X-Other': ['1'] };
      await callService(readServiceRequest(callWith('GET', '7000:/x', '', header), LIMITS), {
        ...LIMITS,
        target: {
          port: 7000,
          host: 'plc.example',
          local: false,
          hostPort: victim.port,
          prefix: '/',
          forwardCredentials,
        },
        // Another machine, as far as the call can know.
        address: { address: '127.0.0.1', family: 4 },
        signal: new AbortController().signal,
        agent: undefined,
      });
      const { authorization, cookie, 'x-api-key': key, 'x-other': other, host } = victim.seen[0]!.headers;
      expect([authorization, cookie, key]).toEqual(
        forwardCredentials ? ['Bearer x', 'a=b', 'k'] : [undefined, undefined, undefined],
      );
      expect([other, host]).toEqual(['1', `plc.example:${victim.port}`]);
    },
  );
});
