import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ContainerNotRunningError } from '@edgecore/container-runtime';
import { freePort } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Probe } from '../../src/kube-types.js';
import { runProbe } from '../../src/probes/run-probe.js';
import { FakeRuntime } from '../support/fake-runtime.js';
import { HealthServer } from '../support/health-server.js';
import { ManualClock } from '../support/manual-clock.js';
import { THROW_AWAY_TLS } from '../support/throw-away-tls.js';

describe('running a probe', () => {
  const servers: Server[] = [];
  const runtime = new FakeRuntime(new ManualClock());

  const listen = async (handler: RequestListener) => {
    const server = createServer(handler);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  const run = (probe: Probe, port = 1, signal = AbortSignal.timeout(2000)) =>
    runProbe(
      probe,
      {
        runtime,
        instanceId: 'c',
        container: { ports: [{ name: 'web', containerPort: port }] },
        podIp: '127.0.0.1',
      },
      signal,
    );

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  test.each([
    [200, 'success'],
    [399, 'success'],
    [400, 'failure'],
    [500, 'failure'],
  ])('HTTP %d is a %s', async (status, result) => {
    const port = await listen((_request, response) => response.writeHead(status).end());
    expect(await run({ httpGet: { port: 'web', path: '/' } }, port)).toMatchObject({ result });
  });

  test.each([
    [200, 'success'],
    [503, 'failure'],
  ])('HTTPS %d is a %s, whoever signed the certificate', async (status, result) => {
    const server = createTlsServer(THROW_AWAY_TLS, (_request, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      expect(await run({ httpGet: { port, scheme: 'HTTPS' } })).toMatchObject({ result });
      // Plain HTTP to a TLS port is not an answer.
      expect(await run({ httpGet: { port } })).toMatchObject({ result: 'failure' });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('gRPC: the pod is asked, the default time is a second', async () => {
    const server = new HealthServer();
    const port = await server.listen();
    try {
      expect(await run({ grpc: { port, service: 's' } })).toEqual({ result: 'success', text: '' });
      expect(await run({ grpc: { port }, timeoutSeconds: 3 })).toMatchObject({ result: 'success' });
      expect(server.seen.map(({ timeout }) => timeout)).toEqual(['1000m', '3000m']);
    } finally {
      await server.close();
    }
  });

  test('the request looks like a kubelet', async () => {
    let seen = {};
    const port = await listen(({ url, method, headers }, response) => {
      seen = { url, method, host: headers.host, agent: headers['user-agent'], own: headers['x-own'] };
      response.end();
    });
    const httpHeaders = [
      { name: 'Host', value: 'virtual' },
      { name: 'X-Own', value: '1' },
    ];
    await run({ httpGet: { port, path: '/a?b=c', httpHeaders } });
    expect(seen).toEqual({
      url: '/a?b=c',
      method: 'GET',
      host: 'virtual',
      agent: 'kube-probe/1.32',
      own: '1',
    });
  });

  test('redirects on the same host are followed, others are an answer', async () => {
    const port = await listen(({ url }, response) => {
      if (url === '/away') response.writeHead(302, { location: 'http://example.invalid/' }).end();
      else if (url === '/here') response.writeHead(302, { location: '/bad' }).end();
      else response.writeHead(503).end();
    });
    expect(await run({ httpGet: { port, path: '/away' } })).toMatchObject({ result: 'success' });
    expect(await run({ httpGet: { port, path: '/here' } })).toEqual({
      result: 'failure',
      text: 'HTTP probe failed with statuscode: 503',
    });
  });

  test('no answer in time, a huge body, a closed port', async () => {
    const silent = await listen(() => {});
    expect(await run({ httpGet: { port: silent } }, 1, AbortSignal.timeout(50))).toMatchObject({
      result: 'failure',
    });
    const huge = await listen((_request, response) => response.end('x'.repeat(1_000_000)));
    expect(await run({ httpGet: { port: huge } })).toMatchObject({ result: 'success' });
    const closed = await freePort();
    expect(await run({ httpGet: { port: closed } })).toMatchObject({ result: 'failure' });
    expect(await run({ tcpSocket: { port: closed } })).toMatchObject({ result: 'failure' });
    expect(await run({ tcpSocket: { port: huge } })).toMatchObject({ result: 'success' });
  });

  test('commands', async () => {
    expect(await run({ exec: { command: ['x'] } })).toMatchObject({ result: 'success' });
    runtime.execResult = { exitCode: 1, stdout: Buffer.from('out '), stderr: Buffer.from('err') };
    expect(await run({ exec: { command: ['x'] } })).toEqual({ result: 'failure', text: 'out err' });
  });

  test('an engine that cannot run the command is asked three times, then the result is unknown', async () => {
    const broken = new FakeRuntime(new ManualClock());
    let asked = 0;
    broken.exec = async () => {
      asked++;
      throw new ContainerNotRunningError('c');
    };
    const target = { runtime: broken, instanceId: 'c', container: {}, podIp: '' };
    const answer = await runProbe({ exec: { command: ['x'] } }, target, AbortSignal.timeout(1000));
    expect(answer.result).toBe('unknown');
    expect(asked).toBe(3);
  });

  test('an unknown port name and an unknown kind are failures with a reason', async () => {
    expect(await run({ tcpSocket: { port: 'nope' } })).toMatchObject({
      result: 'failure',
      text: expect.stringContaining('"nope"'),
    });
    expect(await run({})).toMatchObject({
      result: 'failure',
      text: expect.stringContaining('names no check'),
    });
  });
});
