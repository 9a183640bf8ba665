import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { eventually } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { closedPort, endpointsAt, exchange, sayer, tcpBackend } from './support/backends.js';
import { service } from './support/objects.js';
import { Rig } from './support/rig.js';
import { PORT, served } from './support/served.js';

async function answers(port: number, count: number): Promise<string[]> {
  const all: string[] = [];
  for (let left = count; left > 0; left--) all.push(await exchange(port));
  return all;
}

function counts(all: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const one of all) found[one] = (found[one] ?? 0) + 1;
  return found;
}

describe('bytes', () => {
  test('#14 a megabyte comes back as it was; the client may end first', async () => {
    const echo = await tcpBackend((socket) => {
      const chunks: Buffer[] = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      // Answers only after the client's end.
      socket.on('end', () => socket.end(createHash('sha256').update(Buffer.concat(chunks)).digest('hex')));
    });
    const [, port] = await served([echo.port]);
    const data = randomBytes(1 << 20);
    expect(await exchange(port, data)).toBe(createHash('sha256').update(data).digest('hex'));
  });

  test('an endpoint that breaks off breaks the client’s connection off', async () => {
    const rude = await tcpBackend((socket) => {
      socket.write('half');
      socket.once('data', () => socket.resetAndDestroy());
    });
    const [, port] = await served([rude.port]);
    await expect(exchange(port, 'x')).rejects.toThrow(/ECONNRESET|aborted/);
  });

  test('an endpoint that ends first still gets all that the client has to say, however slowly it reads', async () => {
    const got = new EventEmitter();
    const slow = await tcpBackend((socket) => {
      const digest = createHash('sha256');
      socket.end('bye');
      // In sips, so that what is on its way waits in the proxy.
      socket.on('data', (chunk) => {
        digest.update(chunk);
        socket.pause();
        setImmediate(() => socket.resume());
      });
      socket.on('end', () => got.emit('all', digest.digest('hex')));
    });
    const all = once(got, 'all');
    const [, port] = await served([slow.port]);
    const data = randomBytes(8 << 20);
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(client.resume(), 'end');
    client.end(data);
    expect((await all)[0]).toBe(createHash('sha256').update(data).digest('hex'));
  });

  test('a mesh that stops ends connections to endpoints, also those whose client had ended its own side', async () => {
    const seen = new EventEmitter();
    const silent = await tcpBackend((socket) => {
      socket.resume().on('end', () => seen.emit('ended', socket));
    });
    const ended = once(seen, 'ended');
    const [rig, port] = await served([silent.port]);
    connect({ port, host: '127.0.0.1', allowHalfOpen: true }).end('x');
    const [endpoint] = (await ended) as [Socket];
    await rig.stop();
    // What it still says is refused, which it learns with the write after that.
    await eventually(() => {
      if (!endpoint.destroyed) endpoint.write('too late');
      return endpoint.destroyed;
    });
  });
});

describe('#22 balancing', () => {
  test('RoundRobin: in turn', async () => {
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => sayer(name)));
    const [, port] = await served([a!.port, b!.port, c!.port]);
    expect((await answers(port, 9)).join('')).toBe('abcabcabc');
  });

  test('Random: evenly', async () => {
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => sayer(name)));
    let seed = 1;
    const random = () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed / 2 ** 32;
    };
    const [, port] = await served([a!.port, b!.port, c!.port], { strategy: 'Random', random });
    const found = Object.entries(counts(await answers(port, 600)));
    expect(found.map(([name]) => name).sort()).toEqual(['a', 'b', 'c']);
    for (const [, count] of found) {
      expect(Math.abs(count - 200)).toBeLessThan(50);
    }
  });

  test.each([
    ['SessionStickiness', { strategy: 'SessionStickiness' }, {}],
    ['sessionAffinity: ClientIP', {}, { sessionAffinity: 'ClientIP' }],
  ])('%s: one endpoint, another when it is gone', async (_, options, change) => {
    const [a, b] = await Promise.all(['a', 'b'].map((name) => sayer(name)));
    const [rig, port] = await served([a!.port, b!.port], options, change);
    expect(counts(await answers(port, 5))).toEqual({ a: 5 });
    await rig.down('update', 'default/endpoints/echo', endpointsAt('echo', [b!.port]));
    expect(counts(await answers(port, 3))).toEqual({ b: 3 });
  });

  test('LeastConnections: to the endpoint with the fewest', async () => {
    const [a, b] = await Promise.all([tcpBackend((s) => s.write('a')), tcpBackend((s) => s.write('b'))]);
    const [, port] = await served([a.port, b.port], { strategy: 'LeastConnections' });
    const { connect } = await import('node:net');
    const open = async () => {
      const socket = connect(port, '127.0.0.1');
      const [first] = (await once(socket, 'data')) as [Buffer];
      return { socket, name: first.toString() };
    };
    const kept = [await open(), await open()];
    expect(kept.map(({ name }) => name).sort()).toEqual(['a', 'b']);
    const [first] = kept;
    first!.socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await open()).name).toBe(first!.name);
  });
});

describe('#23 endpoints that fail', () => {
  test('one that refuses is passed over, without any client noticing', async () => {
    const closed = await closedPort();
    const [a, b] = await Promise.all(['a', 'b'].map((name) => sayer(name)));
    let tries = 0;
    const { tcpDialer } = await import('../src/proxy/dial.js');
    const [, port] = await served([a!.port, closed, b!.port], {
      dial: (backend, options) => {
        if (backend.port === closed) tries += 1;
        return tcpDialer(backend, options);
      },
    });
    expect((await answers(port, 30)).filter((one) => one === '')).toEqual([]);
    expect(tries).toBe(1);
  });

  test('all refuse: the connection is reset', async () => {
    const [, port] = await served([await closedPort(), await closedPort()]);
    await expect(exchange(port, 'x')).rejects.toThrow('ECONNRESET');
  });

  test('one that swallows everything: the next after the time-out', async () => {
    const a = await sayer('a');
    const { tcpDialer } = await import('../src/proxy/dial.js');
    const black = await closedPort();
    const [, port] = await served([black, a.port], {
      connectTimeoutMs: 300,
      dial: async (backend, options) => {
        if (backend.port !== black) return tcpDialer(backend, options);
        await new Promise((resolve) => setTimeout(resolve, options.timeoutMs));
        throw new Error('timed out');
      },
    });
    const start = Date.now();
    expect(await exchange(port)).toBe('a');
    expect(Date.now() - start).toBeGreaterThanOrEqual(290);
  });

  test('#6 a service without endpoints refuses; a null list of pods is an empty one', async () => {
    const rig = await Rig.start();
    await rig.down('insert', 'default/service/x', service('x', { ports: [PORT] }));
    await rig.down('update', 'default/podlist/x', null);
    await expect(exchange(rig.portOf('9.251.0.1', 7000), 'x')).rejects.toThrow('ECONNRESET');
  });
});

test('#20 datagrams there and back; an endpoint that refuses is replaced with the same datagram', async () => {
  const backend = createSocket('udp4');
  backend.on('message', (data, from) => backend.send(`${data}!`, from.port, from.address));
  backend.bind(0, '127.0.0.1');
  await once(backend, 'listening');
  const udp = (port: number) => ({ addresses: [{ ip: '127.0.0.1' }], ports: [{ port, protocol: 'UDP' }] });
  const rig = await Rig.start();
  const subsets = [udp(await closedPort()), udp(backend.address().port)];
  await rig.down('insert', 'default/endpoints/u', { metadata: { name: 'u', namespace: 'default' }, subsets });
  const port = { name: 'dns', protocol: 'UDP', port: 5000, targetPort: 53 };
  await rig.down('insert', 'default/service/u', service('u', { selector: {}, ports: [port] }));
  const client = createSocket('udp4');
  client.send('one', rig.portOf('9.251.0.1', 5000, 'udp'), '127.0.0.1');
  const [first] = (await once(client, 'message')) as [Buffer];
  expect(first.toString()).toBe('one!');
  client.close();
  backend.close();
});
