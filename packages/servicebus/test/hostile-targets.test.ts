import { ServiceGateway } from '@edgecore/servicebus';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { call, callWith, headerOf, read } from './support/requests.js';
import { type Service, startService } from './support/service.js';

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
