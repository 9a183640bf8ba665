import { eventually } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { TestNode } from './support/node.js';
import { call, callWith, headerOf, read } from './support/requests.js';
import { startService } from './support/service.js';

describe('calls of services', () => {
  test('hop-by-hop headers stay behind, also those Connection names', async () => {
    const service = await startService((_, response) => {
      response.writeHead(200, { Connection: 'close', 'X-Kept': '1' }).end();
    });
    const node = await TestNode.start();
    const header = {
      Connection: ['keep-alive, X-Hop'],
      'X-Hop': ['1'],
      'Keep-Alive': ['timeout=5'],
      'Proxy-Authorization': ['Basic eA=='],
      'Proxy-Connection': ['keep-alive'],
      TE: ['trailers'],
      Trailer: ['X'],
      'Transfer-Encoding': ['chunked'],
      Upgrade: ['websocket'],
      Expect: ['100-continue'],
      Authorization: ['Bearer x'],
    };
    const answer = await node.call(callWith('POST', `${service.port}:/x`, 'hi', header));
    expect(Object.keys(service.seen[0]!.headers).sort()).toEqual([
      'accept',
      'authorization',
      'connection',
      'content-length',
      'host',
    ]);
    expect(Object.keys(headerOf(answer)).sort()).toEqual(['Date', 'X-Kept']);
  });

  test('HEAD: the length is told, no body comes, and that is complete', async () => {
    const service = await startService((_, response) => {
      response.writeHead(200, { 'Content-Length': 9_000_000 }).end();
    });
    const node = await TestNode.start();
    const answer = await node.call(callWith('HEAD', `${service.port}:/x`));
    expect(answer.content).toMatchObject({
      status_code: 200,
      body: '',
      header: { 'Content-Length': ['9000000'] },
    });
  });

  test('stopping the node: calls under way end with an answer, as do those that wait', async () => {
    const service = await startService(() => {});
    const node = await TestNode.start({ maxConcurrent: 1, stopGraceMs: 50 });
    const requests = [call(`${service.port}:/1`), call(`${service.port}:/2`)];
    for (const request of requests) await node.down(request);
    await eventually(() => service.seen.length === 1);
    expect(await node.stop()).toMatchObject({ clean: true });
    const answers = await Promise.all(requests.map((request) => node.answerTo(request)));
    expect(answers.map(read)).toEqual(
      requests.map(() => ({ status: 503, text: 'the node is stopping; try again when it is back' })),
    );
  });
});
