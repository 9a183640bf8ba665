import type { Resolver, ServiceTarget } from '@edgecore/servicebus';
import { ServiceGateway } from '@edgecore/servicebus';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { callService } from '../src/calls/http-call.js';
import { readServiceRequest } from '../src/calls/service-request.js';
import { call, callWith, headerOf, read } from './support/requests.js';
import { type Service, startService } from './support/service.js';

const LIMITS = { maxRequestBytes: 1000, maxResponseBytes: 1000, maxHeaderBytes: 1000 };

/** The service nobody may reach by a trick. */
let victim: Service;
let gateway: ServiceGateway;
beforeEach(async () => {
  victim = await startService();
});
afterEach(() => gateway?.close());

/** `P` stands for the victim's port. */
const CALLS_FOR_OTHER_HOSTS: readonly string[] = [
  // Userinfo: concatenated behind `http://127.0.0.1:` they name another host.
  '80@evil.example:/x',
  'P@evil.example:/',
  '80@127.0.0.1:P/x',
  'user:pass@127.0.0.1:P/x',
  '@evil.example:80/',
  '80%40evil.example:/x',
  '80\\@evil.example:/x',
  // Hosts and whole URLs where a port belongs.
  'evil.example:80/x',
  'localhost:P/x',
  '127.0.0.1:P:/x',
  'http://127.0.0.1:P/x',
  'file:///etc/passwd',
  'gopher://127.0.0.1:P/_x',
  '//evil.example:80/x',
  // IPv6 forms.
  '[::1]:P/x',
  '[::ffff:127.0.0.1]:P/x',
  '[::]:80:/x',
  '::1:P/x',
  '[fe80::1%25eth0]:80/',
  // Octal, decimal, hexadecimal, short and full-width addresses.
  '2130706433:P/x',
  '0x7f000001:P/x',
  '0177.0.0.1:P/x',
  '127.1:P/x',
  '0:/x',
  '017700000001:/x',
  '１２７.０.０.１:P/x',
  // Ports that are none.
  '99999:/',
  '65536:/',
  '-1:/',
  '+P:/',
  '0P:/',
  ' P:/',
  'P :/',
  'P.0:/',
  '1e3:/',
  '0x50:/',
  '８０:/',
  'P,81:/',
  'P;:/',
  'P\0:/',
  'P\n:/',
  'P/..:/',
  'P?:/',
  'P#:/',
  ':/x',
  'P',
  '',
  'NaN:/',
  'Infinity:/',
  // Paths that end the request line, or are read as something else.
  'P:/a\r\nX: y',
  'P:/a HTTP/1.1\r\nHost: evil.example\r\n\r\nGET /b',
  'P:/a\nX: y',
  'P:/a\rX: y',
  'P:/a\0b',
  'P:/a b',
  'P:/a\tb',
  'P:/ü',
  'P:/\u2028',
  'P:/\uff0e\uff0e/x',
  'P:/a#b',
  'P:/\\evil.example/x',
  'P:\\\\evil.example\\x',
  'P:http://evil.example/x',
  'P:/http://evil.example/x',
  'P:///https://evil.example',
  'P:/a\x7f',
];

describe('hostile resources', () => {
  test.each(CALLS_FOR_OTHER_HOSTS)('%j: refused, no connection made', async (template) => {
    const asked: string[] = [];
    gateway = new ServiceGateway({
      resolve: async (host) => {
        asked.push(host);
        return ['127.0.0.1'];
      },
    });
    const answer = await gateway.answer(call(template.replace('P', String(victim.port))));
    expect(read(answer)).toEqual({
      status: 400,
      text: expect.stringMatching(/^the format of resource [\s\S]* is incorrect$/),
    });
    expect(headerOf(answer)).toEqual({ Server: ['kubeedge-edgecore'] });
    expect(asked).toEqual([]);
    expect(victim.sockets.total).toBe(0);
  });

  test('what looks odd but is only a path arrives as a path', async () => {
    gateway = new ServiceGateway();
    for (const path of [
      '//evil.example/x',
      '/@evil.example',
      '/a%0d%0aX:%20y',
      '/..%2f..%2fetc',
      '/%2e%2e/x',
      '/?u=http://evil.example/',
    ]) {
      expect(read(await gateway.answer(call(`${victim.port}:${path}`)))).toMatchObject({ status: 200 });
    }
    expect(victim.seen.map(({ url }) => url)).toEqual([
      '/evil.example/x',
      '/@evil.example',
      '/a%0d%0aX:%20y',
      '/..%2f..%2fetc',
      '/%2e%2e/x',
      '/?u=http://evil.example/',
    ]);
  });

  test('the host stays 127.0.0.1 whatever headers and content say', async () => {
    gateway = new ServiceGateway();
    const header = { Host: ['evil.example'], 'X-Forwarded-Host': ['evil.example'] };
    const content = { header, body: '', method: 'GET', url: 'http://evil.example/' };
    await gateway.answer(call(`${victim.port}:/x`, content));
    expect(victim.seen).toMatchObject([{ url: '/x', headers: { host: `127.0.0.1:${victim.port}` } }]);
  });
});

describe('hostile headers, methods and sizes', () => {
  test.each([
    [{ 'X-A': ['a\r\nX-B: b'] }, 400],
    [{ 'X-A': ['a\nb'] }, 400],
    [{ 'X-A': ['a\0b'] }, 400],
    [{ 'X-A\r\nX-B': ['b'] }, 400],
    [{ 'X A': ['b'] }, 400],
    [{ 'X:A': ['b'] }, 400],
    [{ '': ['b'] }, 400],
    [{ Ü: ['b'] }, 400],
    [{ 'X-A': ['x'.repeat(17_000)] }, 431],
    [Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`X-${n}`, ['v']])), 431],
  ])('headers %#: %j', async (header, status) => {
    gateway = new ServiceGateway();
    expect(
      read(await gateway.answer(callWith('GET', `${victim.port}:/x`, '', header as Record<string, string[]>)))
        .status,
    ).toBe(status);
    expect(victim.sockets.total).toBe(0);
  });

  test('smuggling: lengths and encodings of the caller are not believed', async () => {
    gateway = new ServiceGateway();
    const header = {
      'Content-Length': ['0', '5'],
      'Transfer-Encoding': ['chunked', 'identity'],
      'content-length': ['1'],
    };
    const body = '0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n';
    await gateway.answer(callWith('POST', `${victim.port}:/x`, body, header));
    expect(victim.seen).toMatchObject([
      { url: '/x', body, headers: { 'content-length': String(body.length) } },
    ]);
    expect(victim.seen[0]!.headers['transfer-encoding']).toBeUndefined();
  });

  test('__proto__ is a header like any other', async () => {
    gateway = new ServiceGateway();
    const content = '{"header":{"__proto__":["x"],"constructor":["y"]},"__proto__":{"method":"DELETE"}}';
    expect(read(await gateway.answer(call(`${victim.port}:/x`, content)))).toMatchObject({ status: 200 });
    expect(victim.seen[0]!.method).toBe('GET');
    expect(victim.seen[0]!.rawHeaders).toEqual(
      expect.arrayContaining(['__proto__', 'x', 'constructor', 'y']),
    );
  });

  test.each(['CONNECT', 'connect', 'GET /x HTTP/1.1\r\nX:', 'G ET', '', 'BREW', 'x'.repeat(1000)])(
    'method %j',
    async (method) => {
      gateway = new ServiceGateway();
      const answer = await gateway.answer(call(`${victim.port}:/x`, { method }, { operation: method }));
      expect(read(answer)).toMatchObject({
        status: 400,
        text: expect.stringMatching(/^method [\s\S]* is not allowed$/),
      });
      expect(victim.sockets.total).toBe(0);
    },
  );

  test('a body and a path that are too large', async () => {
    gateway = new ServiceGateway({ maxRequestBytes: 1000 });
    expect(read(await gateway.answer(callWith('PUT', `${victim.port}:/x`, 'x'.repeat(1000)))).status).toBe(
      200,
    );
    expect(read(await gateway.answer(callWith('PUT', `${victim.port}:/x`, 'x'.repeat(1001)))).status).toBe(
      413,
    );
    expect(read(await gateway.answer(call(`${victim.port}:/${'x'.repeat(20_000)}`))).status).toBe(414);
    expect(victim.seen).toHaveLength(1);
  });
});

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
