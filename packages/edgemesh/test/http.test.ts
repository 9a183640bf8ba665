import { once } from 'node:events';
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { closedPort, endpointsAt, exchange, httpBackend, tcpBackend } from './support/backends.js';
import { service } from './support/objects.js';
import { Rig, type RigOptions } from './support/rig.js';

async function served(ports: readonly number[], options: RigOptions = {}): Promise<number> {
  const rig = await Rig.start(options);
  await rig.down('insert', 'default/endpoints/nginx-svc', endpointsAt('nginx-svc', ports));
  await rig.down('insert', 'default/service/nginx-svc', service('nginx-svc', { selector: {} }));
  return rig.portOf('9.251.0.1', 12345);
}

async function get(port: number, options: RequestOptions = {}, body?: string) {
  const call = request({ host: '127.0.0.1', port, agent: false, ...options });
  call.end(body);
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += chunk;
  return { status: answer.statusCode, headers: answer.headers, text };
}

/** Everything a server says to these bytes until it ends the connection. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

describe('#28 the request arrives as it was sent', () => {
  test('host, path, method, headers; nothing invented but the client’s address', async () => {
    const backend = await httpBackend(({ method, url, headers }, response) => {
      response.end(JSON.stringify({ method, url, headers }));
    });
    const port = await served([backend.port]);
    const host = 'nginx-svc.default.svc.cluster.local:12345';
    const { text } = await get(port, {
      method: 'DELETE',
      path: '/a?b=c',
      headers: { Host: host, 'X-Own': '1' },
    });
    const seen = JSON.parse(text);
    expect(seen).toMatchObject({ method: 'DELETE', url: '/a?b=c' });
    expect(seen.headers).toMatchObject({ host, 'x-own': '1', 'x-forwarded-for': '127.0.0.1' });
    expect(seen.headers['content-type']).toBeUndefined();
  });

  test('a foreign Host and HTTP/1.0 without one are served, too', async () => {
    const backend = await httpBackend((_, response) => response.end('served'));
    const port = await served([backend.port]);
    expect((await get(port, { headers: { Host: '9.251.0.1:12345' } })).text).toBe('served');
    expect(await raw(port, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.[01] 200[\s\S]*served$/);
  });
});

describe('#29 connections', () => {
  test('a client that ends its side with the request gets its answer', async () => {
    const backend = await httpBackend((_, response) => void setTimeout(() => response.end('late'), 30));
    const port = await served([backend.port]);
    expect(await exchange(port, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/late$/);
  });

  test('two requests at once on one connection are answered in order', async () => {
    const backend = await httpBackend(({ url }, response) => {
      setTimeout(() => response.end(`<${url}>`), url === '/1' ? 60 : 0);
    });
    const port = await served([backend.port]);
    const one = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
    const text = await raw(port, one('/1') + one('/2', 'Connection: close\r\n'));
    expect(text.match(/<\/\d>/g)).toEqual(['</1>', '</2>']);
  });

  test('a redirect is the client’s to follow; endpoints’ connections are kept', async () => {
    const backend = await httpBackend((_, response) => {
      response.writeHead(302, { location: '/there' }).end();
    });
    const port = await served([backend.port]);
    for (let left = 5; left > 0; left--) expect((await get(port)).status).toBe(302);
    expect(backend.connections).toBe(1);
  });
});

describe('#30 streams', () => {
  test('an event is there before the next one is made', async () => {
    let next: (() => void) | undefined;
    const backend = await httpBackend((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
      next = () => response.end('data: 2\n\n');
    });
    const port = await served([backend.port]);
    const call = request({ host: '127.0.0.1', port, agent: false }).end();
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    const [first] = (await once(answer, 'data')) as [Buffer];
    expect(first.toString()).toBe('data: 1\n\n');
    next?.();
    const [second] = (await once(answer, 'data')) as [Buffer];
    expect(second.toString()).toBe('data: 2\n\n');
  });

  test('a download the client does not read stays with the endpoint', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(1 << 16);
    const backend = await httpBackend((_, response) => {
      const more = () => {
        while (response.write(chunk)) sent += chunk.length;
        response.once('drain', more);
      };
      more();
    });
    const port = await served([backend.port]);
    const call = request({ host: '127.0.0.1', port, agent: false }).end();
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    answer.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    // Kernel buffers of four sockets; without back-pressure it would be hundreds of megabytes.
    expect(sent).toBeLessThan(64 << 20);
    call.destroy();
  });

  test('upgrades: bytes both ways', async () => {
    const backend = await httpBackend((_, response) => response.end());
    backend.server.on('upgrade', (incoming, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      socket.write(`from ${incoming.headers['x-forwarded-for']}:`);
      socket.pipe(socket);
    });
    const port = await served([backend.port]);
    const call = request({
      host: '127.0.0.1',
      port,
      agent: false,
      headers: { Connection: 'Upgrade', Upgrade: 'websocket' },
    }).end();
    const [, socket, head] = await once(call, 'upgrade');
    socket.write('ping');
    let text = head.toString();
    while (!text.includes('ping')) text += (await once(socket, 'data'))[0];
    expect(text).toBe('from 127.0.0.1:ping');
    socket.destroy();
  });

  test('Expect: 100-continue, and a body without length', async () => {
    const backend = await httpBackend(async (incoming, response) => {
      let size = 0;
      for await (const chunk of incoming) size += chunk.length;
      response.end(String(size));
    });
    const port = await served([backend.port]);
    const call = request({
      host: '127.0.0.1',
      port,
      agent: false,
      method: 'POST',
      headers: { Expect: '100-continue' },
    });
    call.flushHeaders();
    await once(call, 'continue');
    call.write('x'.repeat(1000));
    call.end('y'.repeat(1000));
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    expect(String((await answer.toArray()).join(''))).toBe('2000');
  });

  test('HTTP/2 without asking first goes through as bytes', async () => {
    const backend = await tcpBackend((socket) => socket.once('data', (data) => socket.end(data)));
    const port = await served([backend.port]);
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
    expect(await raw(port, preface)).toBe(preface);
  });
});

test('#31 an answer that ends with its connection', async () => {
  const backend = await tcpBackend((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it'));
  });
  const port = await served([backend.port]);
  expect(await get(port)).toMatchObject({ status: 200, text: 'all of it' });
});

describe('#32 #23 endpoints that fail', () => {
  test('none: 503 with the reason', async () => {
    const port = await served([]);
    const { status, text, headers } = await get(port);
    expect(status).toBe(503);
    expect(text).toBe('service default/nginx-svc port 12345 has no endpoint\n');
    expect(headers['content-length']).toBe(String(text.length));
  });

  test('#6 #23 all refuse: 503; one that refuses is passed over, with the body', async () => {
    expect((await get(await served([await closedPort(), await closedPort()]))).status).toBe(503);
    const backend = await httpBackend(async (incoming, response) => {
      response.end((await incoming.toArray()).join(''));
    });
    const port = await served([await closedPort(), backend.port]);
    expect(await get(port, { method: 'POST' }, 'the body')).toMatchObject({ status: 200, text: 'the body' });
  });

  test('a request that may be repeated goes to the next when an endpoint breaks off; others do not', async () => {
    const rude = await tcpBackend((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const good = await httpBackend((_, response) => response.end('good'));
    expect((await get(await served([rude.port, good.port]))).text).toBe('good');
    const posted = await get(await served([rude.port, good.port]), { method: 'POST' }, 'once');
    expect(posted.status).toBe(502);
  });

  test('an endpoint that never answers: 504 only where a time-out is set', async () => {
    const silent = await tcpBackend((socket) => socket.resume());
    expect((await get(await served([silent.port], { httpTimeoutMs: 200 }))).status).toBe(504);
  });

  test('one that breaks off in the middle breaks the client’s answer off', async () => {
    const rude = await tcpBackend((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
        setTimeout(() => socket.destroy(), 20);
      });
    });
    await expect(get(await served([rude.port]))).rejects.toThrow('aborted');
  });
});

test('#33 a request with two lengths is refused, and so are other ways to smuggle', async () => {
  const backend = await httpBackend((_, response) => response.end('reached'));
  const port = await served([backend.port]);
  const head = 'POST / HTTP/1.1\r\nHost: x\r\n';
  for (const bad of [
    `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${head}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`,
    `${head}X: a\r\n b\r\nContent-Length : 4\r\n\r\nabcd`,
    `${head}X: a\rb\r\n\r\n`,
    'nonsense\r\n\r\n',
  ]) {
    expect(await raw(port, bad)).toMatch(/^HTTP\/1\.1 400 /);
  }
  expect(backend.connections).toBe(0);
});

test('SessionStickiness by cookie: set once, then followed', async () => {
  const backends = await Promise.all(
    ['a', 'b'].map((name) => httpBackend((_, response) => response.end(name))),
  );
  const port = await served(
    backends.map((one) => one.port),
    { strategy: 'SessionStickiness' },
  );
  const id = `127.0.0.1:${backends[1]!.port}`;
  const first = await get(port);
  expect(first.headers['set-cookie']?.[0]).toMatch(/^go-chassisLB=127\.0\.0\.1:\d+;/);
  const kept = await get(port, { headers: { Cookie: `go-chassisLB=${id}` } });
  expect(kept).toMatchObject({ text: 'b' });
  expect(kept.headers['set-cookie']).toBeUndefined();
});

test('requests of one kept connection go round the endpoints', async () => {
  const backends = await Promise.all(
    ['a', 'b'].map((name) => httpBackend((_, response) => response.end(name))),
  );
  const port = await served(backends.map((one) => one.port));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const texts: string[] = [];
  for (let left = 4; left > 0; left--) texts.push((await get(port, { agent })).text);
  agent.destroy();
  expect(texts.join('')).toBe('abab');
});
