import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { parseTarget } from '../../src/commands/cloud-http.js';
import { edgecore } from '../cli.js';
import { startNode } from '../embedded-cloud.js';

describe('edgecore cloud http', () => {
  test('calls a service of the embedded node; statuses, headers and bytes come back', async () => {
    const service = createServer((request, response) => {
      const status = request.url === '/none' ? 404 : 200;
      request.resume().on('end', () => {
        response.writeHead(status, {
          'X-Method': request.method!,
          'X-Word': request.headers['x-word'] ?? '',
        });
        response.end(request.url === '/bytes' ? Buffer.from([0, 255, 10]) : `at ${request.url}`);
      });
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const { port } = service.address() as AddressInfo;
    const dataDir = await tempDir('ec-');
    const node = startNode(dataDir, '--runtime', 'process', '--no-example');
    const http = (...args: string[]) => edgecore(['cloud', 'http', ...args, '--data-dir', dataDir]);
    try {
      await node.says('Node n1 is Ready.');
      expect(await http('GET', 'n1', `${port}/x?a=1`)).toEqual({ code: 0, stdout: 'at /x?a=1', stderr: '' });
      const full = await http(
        'put',
        'n1',
        `http://127.0.0.1:${port}/y`,
        '-i',
        '-d',
        'hi',
        '-H',
        'X-Word: a b',
      );
      expect(full.stdout).toMatch(/^HTTP 200\n[\s\S]*X-Method: PUT\n[\s\S]*X-Word: a b\n[\s\S]*\n\nat \/y$/);
      const file = join(dataDir, 'body');
      expect(await http('GET', 'n1', `:${port}/bytes`, '-o', file)).toMatchObject({ code: 0, stdout: '' });
      expect(await readFile(file)).toEqual(Buffer.from([0, 255, 10]));
      expect(await http('GET', 'n1', `${port}/none`)).toMatchObject({
        code: 1,
        stdout: 'at /none\n',
        stderr: expect.stringContaining('the service answered 404'),
      });
      // The agent's own port.
      expect(await http('GET', 'n1', '9060/')).toMatchObject({
        code: 1,
        stdout: 'port 9060 is not allowed\n',
        stderr: expect.stringContaining('node n1 itself answered 403'),
      });
      expect(await http('GET', 'n2', `${port}/`)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("doesn't have session for node:n2"),
      });
    } finally {
      expect(await node.stop()).toMatchObject({ code: 0, stderr: '' });
      service.close();
    }
  });

  test.each([
    ['8080', 8080, '/'],
    ['8080/', 8080, '/'],
    [':8080/a?b=1:2', 8080, '/a?b=1:2'],
    ['8080:/a', 8080, '/a'],
    ['http://127.0.0.1:80/a', 80, '/a'],
    ['http://localhost:80', 80, '/'],
  ])('target %s', (target, port, path) => {
    expect(parseTarget(target)).toEqual({ port, path });
  });

  test.each([
    '',
    'x',
    '0/a',
    '70000/a',
    'http://evil.example:80/a',
    'https://127.0.0.1:80/a',
    '80@evil/a',
    '8080a',
  ])('target %j is refused in words', (target) => {
    expect(() => parseTarget(target)).toThrow('is no service of a node; give port and path');
  });

  test('wrong headers and times are refused before anything is asked', async () => {
    const dataDir = await tempDir('ec-');
    const http = (...args: string[]) =>
      edgecore(['cloud', 'http', 'GET', 'n', '80', ...args, '--data-dir', dataDir]);
    expect((await http('-H', 'nonsense')).stderr).toContain('"nonsense" is not a header');
    expect((await http('--timeout', 'x')).stderr).toContain('is not a number of seconds');
    expect((await http()).stderr).toContain('no embedded cloud answers');
  });
});
