import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { readBody } from '../src/bounded-body.js';

test('a body is read whole up to its limit; one byte more is refused and the connection closed', async () => {
  const server = createServer((request, response) => {
    response.write('x'.repeat(100));
    if (request.url === '/endless') response.write('yz');
    else response.end('y');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = async (path: string) => {
    const sent = get({ host: '127.0.0.1', port, path, agent: false });
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response;
  };
  try {
    const limit = { limitBytes: 101, whose: "the test's" };
    expect(String(await readBody(await ask('/'), limit))).toBe(`${'x'.repeat(100)}y`);
    const endless = await ask('/endless');
    await expect(readBody(endless, limit)).rejects.toThrow("the test's answer is too long");
    await eventually(() => endless.destroyed, { what: 'the end of the connection' });
  } finally {
    server.close();
  }
});
