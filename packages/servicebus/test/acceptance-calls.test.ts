import { EventEmitter } from 'node:events';
import { gzipSync } from 'node:zlib';
import { createMessage, type Message } from '@edgecore/beehive';
import { eventually, freePort } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { TestNode } from './support/node.js';
import { base64, call, callWith, headerOf, read } from './support/requests.js';
import { startService } from './support/service.js';

const route = ({ source, group, operation, resource, parentId }: Message) => ({
  source,
  group,
  operation,
  resource,
  parentId,
});
const upload = (request: Message) => ({
  source: 'servicebus',
  group: 'user',
  operation: 'upload',
  resource: '',
  parentId: request.id,
});

describe('cloud → edge (servicebus.md §8)', () => {
  test('1: method, path, query, body and headers arrive; the answer has the form CloudCore needs', async () => {
    const service = await startService((_, response) => {
      response.writeHead(201, { 'X-Lab': '1', 'content-type': 'text/plain' });
      response.end('made');
    });
    const node = await TestNode.start();
    const request = callWith('POST', `${service.port}:/target/x?a=1`, 'hi', {
      'Content-Type': ['text/plain'],
      'Content-Length': ['99'],
      Host: ['evil.example'],
      'X-Test': ['7'],
    });
    const answer = await node.call(request);
    expect(service.seen).toEqual([
      expect.objectContaining({ method: 'POST', url: '/target/x?a=1', body: 'hi' }),
    ]);
    expect(service.seen[0]!.headers).toEqual({
      host: `127.0.0.1:${service.port}`,
      'content-length': '2',
      'content-type': 'text/plain',
      'x-test': '7',
      accept: '*/*',
      connection: 'close',
    });
    expect(route(answer)).toEqual(upload(request));
    expect(answer.content).toMatchObject({
      status_code: 201,
      body: base64('made'),
      header: { 'X-Lab': ['1'], 'Content-Type': ['text/plain'], Date: [expect.any(String)] },
    });
  });

  test('2: the form of 2020: method in the operation, no leading slash, header and body null', async () => {
    const service = await startService();
    const node = await TestNode.start();
    const request = call(`${service.port}:target`, { header: null, body: null }, { source: 'router_rest' });
    const answer = await node.call(request);
    expect(service.seen).toMatchObject([
      { method: 'GET', url: '/target', body: '', headers: { accept: '*/*' } },
    ]);
    expect(route(answer)).toEqual(upload(request));
    expect(read(answer)).toEqual({ status: 200, text: 'ok' });
  });

  test('3: what is not for this module is ignored: other sources, connection events, answers', async () => {
    const service = await startService();
    const node = await TestNode.start();
    const resource = `${service.port}:/x`;
    await node.down(call(resource, {}, { source: 'other' }));
    await node.down(call(resource, {}, { parentId: 'answers something' }));
    await node.down(
      createMessage<string>({
        source: 'edgehub',
        group: 'bus',
        operation: 'publish',
        resource: 'node/connection',
        content: 'cloud_connected',
      }),
    );
    await node.down(
      createMessage<string>({
        source: 'twin',
        group: 'bus',
        operation: 'publish',
        resource: 'a',
        content: 'b',
      }),
    );
    await node.call(call(resource));
    expect(service.seen).toHaveLength(1);
    expect(node.up).toHaveLength(1);
    expect(node.complaints).toEqual([]);
  });

  test('4: a resource without colon', async () => {
    const node = await TestNode.start();
    const request = call('Ptarget');
    const answer = await node.call(request);
    expect(read(answer)).toEqual({ status: 400, text: 'the format of resource Ptarget is incorrect' });
    expect(headerOf(answer)).toEqual({ Server: ['kubeedge-edgecore'] });
    expect(route(answer)).toEqual(upload(request));
  });

  test('5: later colons belong to path and query', async () => {
    const service = await startService();
    const node = await TestNode.start();
    await node.call(call(`${service.port}:/t:1?time=10:30`));
    expect(service.seen[0]!.url).toBe('/t:1?time=10:30');
  });

  test.each([
    'not json',
    Buffer.from('not json'),
    { body: '%%' },
    { body: 'aGk' },
    { body: 7 },
    { header: { A: 'x' } },
    { header: { A: [1] } },
    { header: [] },
    { method: 5 },
    [],
    7,
  ])('6: content %j', async (content) => {
    const service = await startService();
    const node = await TestNode.start();
    const answer = await node.call(call(`${service.port}:/x`, content));
    expect(read(answer)).toEqual({ status: 400, text: 'error to parse http request' });
    expect(service.seen).toEqual([]);
  });

  test.each([
    JSON.stringify({ method: 'PUT', body: 'aGk=', header: { A: ['x', 'y'], B: null } }),
    Buffer.from(JSON.stringify({ method: 'PUT', body: 'aGk=', header: { A: ['x', 'y'] } })),
  ])('content as JSON text and as bytes (QUIC) is the same as an object', async (content) => {
    const service = await startService();
    const node = await TestNode.start();
    expect(read(await node.call(call(`${service.port}:/x`, content)))).toMatchObject({ status: 200 });
    expect(service.seen).toMatchObject([{ method: 'PUT', body: 'hi', headers: { a: 'x, y' } }]);
  });

  test('7: nothing listens', async () => {
    const node = await TestNode.start({ retryDelayMs: 1 });
    const port = await freePort();
    const { status, text } = read(await node.call(call(`${port}:/x`)));
    expect([status, text]).toEqual([404, `error to call service: nothing listens on 127.0.0.1:${port}`]);
  });

  test('8: a late answer: an error in time, nothing of it afterwards, no socket left', async () => {
    const late = new EventEmitter();
    const service = await startService((_, response) => {
      late.once('now', () => response.end('late'));
    });
    const node = await TestNode.start({ callTimeoutMs: 150 });
    const request = call(`${service.port}:/slow`);
    const began = performance.now();
    const answer = await node.call(request);
    expect(performance.now() - began).toBeLessThan(8000);
    expect(read(answer)).toEqual({
      status: 504,
      text: 'error to call service: no complete answer within 150 ms',
    });
    late.emit('now');
    await eventually(() => service.sockets.now === 0, { what: 'no socket' });
    expect(node.answersTo(request)).toHaveLength(1);
  });

  test('8: a body that drips counts against the same deadline', async () => {
    const service = await startService((_, response) => {
      response.write('x');
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    });
    const node = await TestNode.start({ callTimeoutMs: 150 });
    expect(read(await node.call(call(`${service.port}:/drip`))).status).toBe(504);
    await eventually(() => service.sockets.now === 0, { what: 'no socket' });
  });

  test('9: a redirect is an answer like any other', async () => {
    const elsewhere = await startService();
    const service = await startService((request, response) => {
      const location =
        request.url === '/meta' ? 'http://169.254.169.254/' : `http://127.0.0.1:${elsewhere.port}/`;
      response.writeHead(302, { Location: location }).end();
    });
    const node = await TestNode.start();
    const answer = await node.call(call(`${service.port}:/meta`));
    expect(answer.content).toMatchObject({
      status_code: 302,
      header: { Location: ['http://169.254.169.254/'] },
      body: '',
    });
    await node.call(call(`${service.port}:/other`));
    expect(service.seen).toHaveLength(2);
    expect(elsewhere.sockets.total).toBe(0);
  });

  test('10: compressed bytes stay as they are, and nothing is asked for compressed', async () => {
    const zipped = gzipSync('text');
    const service = await startService((_, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(zipped);
    });
    const node = await TestNode.start();
    const answer = await node.call(call(`${service.port}:/x`));
    expect(service.seen[0]!.headers['accept-encoding']).toBeUndefined();
    expect(answer.content).toMatchObject({
      header: { 'Content-Encoding': ['gzip'] },
      body: zipped.toString('base64'),
    });
  });

  test.each([true, false])(
    '11: 5 000 000 bytes are a body, one more is an error (length told: %s)',
    async (told) => {
      const service = await startService((request, response) => {
        const body = Buffer.alloc(request.url === '/fits' ? 5_000_000 : 5_000_001, 'a');
        if (told) response.setHeader('Content-Length', body.length);
        else response.write(body.subarray(0, 10));
        response.end(told ? body : body.subarray(10));
      });
      const node = await TestNode.start();
      const fits = read(await node.call(call(`${service.port}:/fits`)));
      expect([fits.status, fits.text.length]).toEqual([200, 5_000_000]);
      expect(read(await node.call(call(`${service.port}:/more`)))).toEqual({
        status: 500,
        text: 'error to receive response, err: response body too large',
      });
      await eventually(() => service.sockets.now <= 1, { what: 'the connection cut' });
    },
  );

  test('12: statuses come back as they are, with their bodies', async () => {
    const service = await startService((request, response) => {
      const status = Number(request.url!.slice(1));
      response.writeHead(status).end(status === 204 ? undefined : `no ${status}`);
    });
    const node = await TestNode.start();
    const answers = [];
    for (const status of [204, 404, 418, 500, 503]) {
      const { content } = await node.call(call(`${service.port}:/${status}`));
      answers.push([(content as { status_code: number }).status_code, (content as { body: string }).body]);
    }
    expect(answers).toEqual([
      [204, ''],
      [404, base64('no 404')],
      [418, base64('no 418')],
      [500, base64('no 500')],
      [503, base64('no 503')],
    ]);
  });

  test('14: repeated headers, and any bytes in body and header', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
    const service = await startService((_, response) => {
      response.writeHead(200, [
        'Set-Cookie',
        'a',
        'set-cookie',
        'b',
        'X-Word',
        Buffer.from('grün').toString('latin1'),
      ]);
      response.end(bytes);
    });
    const node = await TestNode.start();
    const answer = await node.call(
      call(`${service.port}:/x`, { method: 'PUT', body: base64(bytes), header: { 'X-Word': ['grün'] } }),
    );
    expect(headerOf(answer)).toMatchObject({ 'Set-Cookie': ['a', 'b'], 'X-Word': ['grün'] });
    expect(answer.content).toMatchObject({ body: base64(bytes) });
    expect(Buffer.from(service.seen[0]!.headers['x-word'] as string, 'latin1').toString()).toBe('grün');
  });

  test('23: more calls than there may be at once: all answered, never more sockets than allowed', async () => {
    const held: (() => void)[] = [];
    let release = false;
    const service = await startService((_, response) => {
      if (release) response.end('ok');
      else held.push(() => response.end('ok'));
    });
    const node = await TestNode.start({ maxConcurrent: 64 });
    const requests = Array.from({ length: 100 }, (_, n) => call(`${service.port}:/${n}`));
    for (const request of requests) await node.down(request);
    await eventually(() => service.seen.length === 64, { what: '64 calls' });
    // Still responsive.
    expect(read(await node.call(call('nonsense'))).status).toBe(400);
    release = true;
    for (const answer of held) answer();
    const answers = await Promise.all(requests.map((request) => node.answerTo(request)));
    expect(answers.map((answer) => read(answer).status)).toEqual(requests.map(() => 200));
    expect(service.sockets.most).toBe(64);
  });
});
