import { once } from 'node:events';
import { connect } from 'node:net';
import { MutableCloudLink } from '@edgecore/api';
import { eventually } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import {
  BODY,
  control,
  nodeWith,
  refusesConnections,
  URL_A,
  URL_B,
  uploads,
} from './support/applications.js';
import { TestNode } from './support/node.js';
import { startService } from './support/service.js';

describe('edge → cloud, when things go wrong', () => {
  test('no link to the cloud: told at once', async () => {
    const link = new MutableCloudLink({ connected: false });
    const node = await nodeWith({ link });
    expect(await node.app(BODY)).toMatchObject({
      code: 400,
      msg: 'connection lost between EdgeCore and CloudCore',
    });
    expect(uploads(node)).toEqual([]);
    link.set({ connected: true });
    node.cloud = () => 'done';
    expect((await node.app(BODY)).code).toBe(200);
  });

  test('too many wait: code 429, and room again afterwards', async () => {
    const node = await nodeWith({ maxUploads: 2 });
    const waiting = [node.app(BODY), node.app(BODY)];
    await eventually(() => uploads(node).length === 2);
    expect(await node.app(BODY)).toMatchObject({
      http: 200,
      code: 429,
      msg: expect.stringContaining('2 are waiting'),
    });
    for (const upload of uploads(node)) node.respond(upload, 'x');
    expect((await Promise.all(waiting)).map(({ code }) => code)).toEqual([200, 200]);
    node.cloud = () => 'done';
    expect((await node.app(BODY)).code).toBe(200);
  });

  test('an application that goes away leaves nothing behind', async () => {
    const node = await nodeWith({ maxUploads: 1 });
    const socket = connect(await node.listening(), '127.0.0.1');
    const body = JSON.stringify(BODY);
    socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await eventually(() => uploads(node).length === 1);
    socket.destroy();
    node.cloud = () => 'done';
    await eventually(async () => (await node.app(BODY)).code === 200, { what: 'room for another one' });
  });

  test('a port that is taken: said once, in the health too, and taken when it is free', async () => {
    const other = await startService();
    const node = await TestNode.start({ port: other.port, listenRetryMs: 20 });
    await node.down(control('start', URL_A));
    const state = () => node.report().find(({ name }) => name === 'servicebus');
    await eventually(() => state()?.state === 'degraded', { what: 'degraded' });
    expect(JSON.stringify(state())).toContain(`cannot listen on 127.0.0.1:${other.port}`);
    expect(node.complaints.filter((line) => line.includes('cannot listen'))).toHaveLength(1);
    await other.close();
    await node.listening();
    expect(state()?.state).toBe('ready');
  });

  test('URLs nobody could call are not stored; the module lives on', async () => {
    const node = await TestNode.start();
    for (const url of ['', 'a b', 'http://x/\r\ny', `http://x/${'y'.repeat(3000)}`])
      await node.down(control('start', url));
    await node.down(control('stop', ''));
    await node.down(control('start', URL_A));
    await node.listening();
    expect(await node.urls()).toEqual([URL_A]);
  });

  test('a database that cannot be written: the state stays as it is', async () => {
    const node = await nodeWith();
    const write = node.store.write.bind(node.store);
    node.store.write = () =>
      Promise.reject(Object.assign(new Error('disk full'), { code: 'ERR_STORE_WRITE', retryable: false }));
    await node.down(control('start', URL_B));
    await node.down(control('stop', URL_A));
    await eventually(() => node.complaints.length === 2);
    node.store.write = write;
    node.cloud = () => 'done';
    expect((await node.app(BODY)).code).toBe(200);
    expect((await node.app({ targetURL: URL_B })).code).toBe(400);
  });

  test('a stopping node takes nothing new and answers what it has', async () => {
    const node = await nodeWith({ closeGraceMs: 5000 });
    const port = await node.listening();
    const waiting = node.app(BODY);
    await eventually(() => uploads(node).length === 1);
    const stopped = node.stop();
    expect(await refusesConnections(port)).toBe(true);
    node.respond(uploads(node)[0]!, 'last words');
    expect(await waiting).toMatchObject({ code: 200, body: 'last words' });
    expect(await stopped).toMatchObject({ clean: true });
  });

  test('a body that never ends does not keep the node from stopping', async () => {
    const node = await nodeWith();
    const socket = connect(await node.listening(), '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{');
    const closed = once(socket, 'close');
    await node.stop();
    await closed;
  });
});
