import { join } from 'node:path';
import { createMessage, encodeMessage } from '@edgecore/beehive';
import { eventually, freePort, tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import {
  BODY,
  control,
  gone,
  nodeWith,
  refusesConnections,
  URL_A,
  URL_B,
  uploads,
} from './support/applications.js';
import { TestNode } from './support/node.js';

describe('edge → cloud (servicebus.md §8)', () => {
  test('15: start: row and server; still there after a restart', async () => {
    const path = join(await tempDir(), 'edgecore.db');
    const first = await nodeWith({ path });
    expect(await first.urls()).toEqual([URL_A]);
    await first.stop();
    const second = await TestNode.start({ path });
    second.cloud = () => 'done';
    expect((await second.app(BODY)).code).toBe(200);
  });

  test('15: without a rule nothing listens', async () => {
    const port = await freePort();
    const node = await TestNode.start({ port });
    await node.down(
      createMessage<string>({
        source: 'edgehub',
        group: 'bus',
        operation: 'publish',
        resource: 'node/connection',
      }),
    );
    await eventually(() => node.report().find(({ name }) => name === 'servicebus')?.queued === 0);
    expect(await refusesConnections(port)).toBe(true);
    expect(node.report()).toMatchObject([{ state: 'ready' }]);
  });

  test('16: the whole body goes up as bytes, the answer comes back in upstream’s form', async () => {
    const node = await nodeWith();
    node.cloud = () => 'done';
    const body = JSON.stringify(BODY);
    const answer = await node.app(body, {
      path: '/any/path',
      method: 'PUT',
      headers: { 'content-type': 'image/png' },
    });
    expect(answer).toEqual({
      http: 200,
      contentType: 'text/plain; charset=utf-8',
      code: 200,
      msg: 'receive response from cloud successfully',
      body: 'done',
    });
    const [upload] = uploads(node);
    expect(upload).toMatchObject({
      source: 'servicebus',
      group: 'user',
      operation: 'upload',
      resource: URL_A,
      parentId: '',
    });
    expect(JSON.parse(encodeMessage(upload!))).toMatchObject({
      content: Buffer.from(body).toString('base64'),
    });
  });

  test('16: plainBody sends the text', async () => {
    const node = await nodeWith({ plainBody: true });
    node.cloud = () => 'done';
    await node.app('{"targeturl":"http://10.0.0.5:8080/api","x":"ü"}');
    expect(uploads(node)[0]!.content).toBe('{"targeturl":"http://10.0.0.5:8080/api","x":"ü"}');
  });

  test('17: unknown URL, no JSON, wrong types, too much: the exact texts, nothing goes up', async () => {
    const node = await nodeWith();
    const notAllowed = (url: string) =>
      `url ${url} is not allowed and please make a rule for this url in the cloud`;
    const cases: [string | Buffer | object, string][] = [
      [{ targetURL: 'http://10.0.0.5:8080/ap' }, notAllowed('http://10.0.0.5:8080/ap')],
      [{ targetURL: `${URL_A}/` }, notAllowed(`${URL_A}/`)],
      [{ targetURL: URL_A.toUpperCase() }, notAllowed(URL_A.toUpperCase())],
      [{}, notAllowed('')],
      [{ targetURL: null }, notAllowed('')],
      ['no json', 'invalid params'],
      ['', 'invalid params'],
      ['[]', 'invalid params'],
      ['"x"', 'invalid params'],
      [{ targetURL: [URL_A] }, 'invalid params'],
      [{ targetURL: URL_A, method: 1 }, 'invalid params'],
      [Buffer.alloc(5_000_001, ' '), "can't read data from body of the http's request"],
    ];
    for (const [body, msg] of cases) {
      expect(await node.app(body)).toMatchObject({ http: 200, code: 400, msg, body: '' });
    }
    expect(uploads(node)).toEqual([]);
    node.cloud = () => 'done';
    const fits = Buffer.concat([Buffer.from(JSON.stringify(BODY)), Buffer.alloc(5_000_000, ' ')]).subarray(
      0,
      5_000_000,
    );
    expect((await node.app(fits)).code).toBe(200);
  });

  test('18: no answer in time; what comes later is dropped', async () => {
    const node = await nodeWith({ timeoutMs: 80 });
    const answer = await node.app(BODY);
    const [upload] = uploads(node);
    expect(answer).toMatchObject({
      code: 400,
      msg: `timeout to get response for message ${upload!.id}`,
      body: '',
    });
    expect(node.respond(upload!, 'late')).toBe(false);
    node.cloud = () => 'done';
    expect((await node.app(BODY)).body).toBe('done');
  });

  test('19: two at once, answered the other way round: each gets its own', async () => {
    const node = await nodeWith();
    const both = Promise.all([1, 2].map((n) => node.app({ ...BODY, payload: n })));
    await eventually(() => uploads(node).length === 2);
    for (const upload of uploads(node).reverse()) {
      const { payload } = JSON.parse(Buffer.from(upload.content as Uint8Array).toString()) as {
        payload: number;
      };
      node.respond(upload, `answer ${payload}`);
    }
    expect((await both).map(({ body }) => body)).toEqual(['answer 1', 'answer 2']);
  });

  test('20: stop as CloudCore mangles it; a second one; start at once afterwards', async () => {
    const port = await freePort();
    const node = await nodeWith({ port, closeGraceMs: 2000 });
    // It waits for the cloud while the server goes.
    const waiting = node.app(BODY);
    await eventually(() => uploads(node).length === 1);
    await node.down(control('stop', 'http:/10.0.0.5:8080/api'));
    await node.down(control('stop', 'http:/10.0.0.5:8080/api'));
    await gone(node);
    expect(await node.urls()).toEqual([]);
    expect(await refusesConnections(port)).toBe(true);
    await node.down(control('start', URL_A));
    await node.listening();
    node.respond(uploads(node)[0]!, 'still there');
    expect(await waiting).toMatchObject({ code: 200, body: 'still there' });
    node.cloud = () => 'done';
    expect((await node.app(BODY)).code).toBe(200);
  });

  test('21: a second URL started, the first stopped: the server stays, the first is refused', async () => {
    const node = await nodeWith({}, URL_A, URL_B);
    node.cloud = () => 'done';
    await node.down(control('stop', URL_A));
    await eventually(async () => (await node.app(BODY)).code === 400, { what: 'the first refused' });
    expect(await node.urls()).toEqual([URL_B]);
    expect(await node.app(BODY)).toMatchObject({
      code: 400,
      msg: expect.stringContaining(`url ${URL_A} is not allowed`),
    });
    expect(await node.app({ targetURL: URL_B })).toMatchObject({ code: 200 });
  });

  test.each([
    [{ origin: 'http://evil' }, 403],
    [{ origin: 'null' }, 403],
    [{ host: 'evil.example:9060' }, 403],
    [{ host: '127.0.0.1.evil.example' }, 403],
    [{ host: '127.0.0.1@evil.example' }, 403],
    [{ host: '10.0.0.1:9060' }, 403],
    [{ host: 'localhost:9060' }, 200],
    [{ host: '[::1]:9060' }, 200],
    [{ host: '127.0.0.2' }, 200],
  ])('22: web pages are refused: %j', async (headers, code) => {
    const node = await nodeWith();
    node.cloud = () => 'done';
    expect(await node.app(BODY, { headers: headers as Record<string, string> })).toMatchObject({
      http: 200,
      code,
    });
    expect(uploads(node)).toHaveLength(code === 200 ? 1 : 0);
  });

  test('22: the check can be switched off', async () => {
    const node = await nodeWith({ checkOrigin: false });
    node.cloud = () => 'done';
    expect((await node.app(BODY, { headers: { origin: 'http://evil' } })).code).toBe(200);
  });
});
