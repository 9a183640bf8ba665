import { once } from 'node:events';
import { lstat, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { connect as connectHttp2, constants, type IncomingHttpHeaders } from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { encode, framed } from '@edgecore/grpc';
import { eventually, tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Dmi } from '../../src/dmi/index.js';
import { ReportDeviceStatesRequest } from '../../src/dmi/messages.js';
import { atEnd, dmiRig, mapperClient, RecordingReporter } from './support.js';

const STATES = '/v1beta1.DeviceManagerService/ReportDeviceStates';
const request = encode(ReportDeviceStatesRequest, {
  deviceName: 't',
  deviceNamespace: 'default',
  state: 'ok',
});
const states = { deviceName: 't', deviceNamespace: 'default', state: 'ok' };

/** Calls by hand over one connection: any header, any bytes. */
function rawClient(path: string) {
  const session = connectHttp2('http://localhost', { createConnection: () => connect(path) });
  session.on('error', () => {});
  atEnd(() => session.destroy());
  const call = (headers: Record<string, string | undefined>, chunks: readonly Buffer[], end = true) =>
    new Promise<IncomingHttpHeaders>((resolve) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': STATES,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      });
      let fields: IncomingHttpHeaders = {};
      const add = (more: IncomingHttpHeaders) => {
        fields = { ...fields, ...more };
      };
      stream.on('response', add);
      stream.on('trailers', add);
      stream.on('error', () => {});
      stream.on('close', () => resolve(fields));
      stream.resume();
      for (const chunk of chunks) stream.write(chunk);
      if (end) stream.end();
    });
  return { session, call };
}

function connectTo(path: string): Socket {
  const socket = connect(path);
  socket.on('error', () => {});
  atEnd(() => socket.destroy());
  return socket;
}

describe('the socket', () => {
  const socketRig = (directory: string) => dmiRig({ directory, start: false });

  test('is made in a directory of its own with rights for the group', async () => {
    const directory = join(await tempDir(), 'etc', 'kubeedge');
    const { dmi } = await socketRig(directory);
    await dmi.start();
    await dmi.start();
    expect(dmi.path).toBe(join(directory, 'dmi.sock'));
    expect((await lstat(directory)).mode & 0o777).toBe(0o750);
    expect((await lstat(dmi.path)).mode & 0o777).toBe(0o660);
    expect(await readdir(directory)).toEqual(['dmi.sock']);
    await dmi.close();
    expect(await readdir(directory)).toEqual([]);
  });

  test('a configured name of a socket is reduced to its directory', async () => {
    const directory = await tempDir();
    const { dmi } = await socketRig(join(directory, 'other.sock'));
    expect(dmi.path).toBe(join(directory, 'dmi.sock'));
  });

  test('takes the place of stale ones', async () => {
    const directory = await tempDir();
    for (const name of ['dmi.sock', 'dmi.sock.new']) {
      const server = createServer().listen(join(directory, 'bound'));
      await once(server, 'listening');
      // A process that was killed leaves its socket; the rename keeps it from being removed here.
      await rename(join(directory, 'bound'), join(directory, name));
      await new Promise((resolve) => server.close(resolve));
    }
    const { dmi, reporter } = await socketRig(directory);
    await dmi.start();
    expect(await mapperClient(dmi.path)('ReportDeviceStates', states)).toEqual({});
    expect(reporter.reports).toHaveLength(1);
  });

  test.each([
    ['a file', (path: string) => writeFile(path, 'mine')],
    ['a directory', (path: string) => mkdir(path)],
    ['a link', (path: string) => symlink('/nowhere', path)],
  ])('never removes %s, and can be made once that is away', async (_, make) => {
    const directory = await tempDir();
    for (const name of ['dmi.sock', 'dmi.sock.new']) {
      const path = join(directory, name);
      await make(path);
      const { dmi } = await socketRig(directory);
      await expect(dmi.start()).rejects.toMatchObject({
        code: 'ERR_DMI_SOCKET',
        path: join(directory, 'dmi.sock'),
      });
      expect((await lstat(path)).isSocket()).toBe(false);
      await rm(path, { recursive: true });
      await dmi.start();
      expect(dmi.listening).toBe(true);
      await dmi.close();
    }
  });

  test('is not taken from a process that listens', async () => {
    const { dmi: first, store, directory } = await dmiRig();
    const second = new Dmi({ directory, store, reporter: new RecordingReporter() });
    atEnd(() => second.close());
    await expect(second.start()).rejects.toThrow('another process listens on it');
    expect(await mapperClient(first.path)('ReportDeviceStates', states)).toEqual({});
    await first.close();
    await second.start();
    expect(second.listening).toBe(true);
  });

  test('says what is wrong with its path, and leaves nothing behind', async () => {
    const parent = await tempDir();
    await writeFile(join(parent, 'file'), '');
    for (const directory of [
      join(parent, 'file', 'below'),
      join(parent, 'x'.repeat(100)),
      '/proc/edgecore',
    ]) {
      const { dmi } = await socketRig(directory);
      await expect(dmi.start()).rejects.toMatchObject({ code: 'ERR_DMI_SOCKET' });
      await expect(dmi.start()).rejects.toMatchObject({ code: 'ERR_DMI_SOCKET' });
    }
    expect(await readdir(parent)).toEqual(['file']);
  });
});

describe('calls', () => {
  test('are answered in trailers', async () => {
    const { dmi } = await dmiRig();
    const { call } = rawClient(dmi.path);
    expect(await call({}, [framed(request)])).toMatchObject({
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': '0',
    });
    expect(await call({ 'content-type': 'application/grpc+proto' }, [framed(request)])).toMatchObject({
      'grpc-status': '0',
    });
  });

  const cases: [string, Record<string, string | undefined>, Buffer[], object][] = [
    [
      'an unknown method',
      { ':path': '/v1beta1.DeviceManagerService/Nothing' },
      [framed(request)],
      { 'grpc-status': '12' },
    ],
    [
      'a compression',
      { 'grpc-encoding': 'gzip' },
      [framed(request)],
      { 'grpc-status': '12', 'grpc-accept-encoding': 'identity' },
    ],
    ['the compressed flag', {}, [Buffer.from([1, 0, 0, 0, 0])], { 'grpc-status': '12' }],
    ['another flag', {}, [Buffer.from([2, 0, 0, 0, 0])], { 'grpc-status': '13' }],
    ['two messages', {}, [framed(request), framed(request)], { 'grpc-status': '12' }],
    ['no message', {}, [], { 'grpc-status': '12' }],
    ['half a header', {}, [Buffer.from([0, 0])], { 'grpc-status': '13' }],
    ['a cut message', {}, [framed(request).subarray(0, 9)], { 'grpc-status': '13' }],
    ['a message that is none', {}, [framed(Buffer.from([0xff]))], { 'grpc-status': '13' }],
    ['a string that is not UTF-8', {}, [framed(Buffer.from([0x0a, 1, 0xff]))], { 'grpc-status': '13' }],
    ['a bad deadline', { 'grpc-timeout': '1 year' }, [framed(request)], { 'grpc-status': '13' }],
    ['GET', { ':method': 'GET' }, [], { ':status': 405 }],
    [
      'a content type of the web',
      { 'content-type': 'application/json' },
      [Buffer.from('{}')],
      { ':status': 415 },
    ],
    ['no content type', { 'content-type': undefined }, [framed(request)], { ':status': 415 }],
  ];
  test.each(cases)('with %s are refused, the next one is taken', async (_, headers, chunks, expected) => {
    const { dmi, reporter } = await dmiRig();
    const { call } = rawClient(dmi.path);
    expect(await call(headers, chunks)).toMatchObject(expected);
    expect(await call({}, [framed(request)])).toMatchObject({ 'grpc-status': '0' });
    expect(reporter.reports).toHaveLength(1);
  });

  test('may come in single bytes', async () => {
    const { dmi, reporter } = await dmiRig();
    const bytes = [...framed(request)].map((byte) => Buffer.from([byte]));
    expect(await rawClient(dmi.path).call({}, bytes)).toMatchObject({ 'grpc-status': '0' });
    expect(reporter.reports).toHaveLength(1);
  });

  test('that are too long, or too many long ones at once, are refused before they are read', async () => {
    const { dmi } = await dmiRig({ limits: { maxMessageBytes: 1000, maxReceivingBytes: 1500 } });
    const { call } = rawClient(dmi.path);
    const long = Buffer.from([0, 0xff, 0xff, 0xff, 0xff]);
    expect(await call({}, [long], false)).toMatchObject({
      'grpc-status': '8',
      'grpc-message': expect.stringContaining('4294967295 bytes, more than the 1000 allowed'),
    });
    const announced = Buffer.concat([Buffer.from([0, 0, 0, 3, 0xe8]), Buffer.alloc(900)]);
    const held = rawClient(dmi.path);
    const pending = held.call({}, [announced], false);
    // Until the first is being received.
    await eventually(async () => (await call({}, [announced], true))['grpc-status'] === '8');
    held.session.destroy();
    await pending;
    await eventually(async () => (await call({}, [announced], true))['grpc-status'] === '13');
  });

  test('that never end are ended by the caller’s deadline, or ours', async () => {
    const { dmi, reporter, counts } = await dmiRig({ limits: { maxCallMs: 80 } });
    reporter.before = () => new Promise(() => {});
    const { call } = rawClient(dmi.path);
    const late = (ms: number) => ({ 'grpc-status': '4', 'grpc-message': `no answer within ${ms} ms` });
    expect(await call({ 'grpc-timeout': '20m' }, [framed(request)])).toMatchObject(late(20));
    expect(await call({ 'grpc-timeout': '99999999H' }, [framed(request)])).toMatchObject(late(80));
    expect(await call({}, [framed(request).subarray(0, 7)], false)).toMatchObject(late(80));
    expect(counts.get('edgecore_dmi_calls_total{ReportDeviceStates,DEADLINE_EXCEEDED}')).toBe(3);
  });

  test('under way are answered at the end, new ones are not taken', async () => {
    const { dmi, reporter } = await dmiRig();
    const call = mapperClient(dmi.path);
    let commit = () => {};
    let waiting = false;
    reporter.before = () =>
      new Promise((resolve) => {
        commit = resolve;
        waiting = true;
      });
    const last = call('ReportDeviceStates', states);
    await eventually(() => waiting);
    const closed = dmi.close();
    commit();
    expect(await last).toEqual({});
    await closed;
    expect(await call('ReportDeviceStates', states, 300)).toMatchObject({ code: expect.any(Number) });
  });

  test('that hang are cut off at the end', async () => {
    const { dmi, reporter } = await dmiRig({ limits: { closeTimeoutMs: 50 } });
    let waiting = false;
    reporter.before = () =>
      new Promise(() => {
        waiting = true;
      });
    const answer = mapperClient(dmi.path)('ReportDeviceStates', states);
    await eventually(() => waiting);
    await dmi.close();
    expect(await answer).toMatchObject({ code: expect.any(Number) });
  });
});

describe('connections', () => {
  test('of random bytes do not disturb others', async () => {
    // What looks like the beginning of a frame is waited for, even after the end of the stream.
    const { dmi } = await dmiRig({ limits: { handshakeTimeoutMs: 100 } });
    const call = mapperClient(dmi.path);
    const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 30, maxLength: 300 }),
        fc.boolean(),
        async (bytes, begun) => {
          const socket = connectTo(dmi.path);
          await once(socket, 'connect');
          socket.resume();
          socket.end(begun ? Buffer.concat([preface, bytes]) : Buffer.from(bytes));
          await once(socket, 'close');
        },
      ),
      { numRuns: 100 },
    );
    expect(await call('ReportDeviceStates', states)).toEqual({});
  });

  test('that say nothing are closed, those that are not used too', async () => {
    const { dmi } = await dmiRig({ limits: { handshakeTimeoutMs: 50, idleTimeoutMs: 100 } });
    const silent = connectTo(dmi.path);
    silent.resume();
    const { session } = rawClient(dmi.path);
    await Promise.all([once(silent, 'close'), once(session, 'close')]);
    expect(await mapperClient(dmi.path)('ReportDeviceStates', states)).toEqual({});
  });

  test('beyond the limit are refused, and taken when there is room', async () => {
    const { dmi } = await dmiRig({ limits: { maxConnections: 2 } });
    const [first] = [rawClient(dmi.path), rawClient(dmi.path)].map(({ session }) => session);
    await eventually(() => !first!.connecting);
    const third = connectTo(dmi.path);
    third.resume();
    await once(third, 'close');
    first!.destroy();
    await eventually(
      async () => (await rawClient(dmi.path).call({}, [framed(request)]))['grpc-status'] === '0',
    );
  });

  test('that are reset in the middle of a call leave nothing behind', async () => {
    const { dmi, reporter, counts } = await dmiRig();
    let release = () => {};
    let waiting = 0;
    reporter.before = () => {
      waiting++;
      return new Promise((resolve) => {
        release = resolve;
      });
    };
    const { session, call } = rawClient(dmi.path);
    const ended = call({}, [framed(request)]);
    await eventually(() => waiting === 1);
    session.destroy(undefined, constants.NGHTTP2_CANCEL);
    await ended;
    await eventually(() => counts.get('edgecore_dmi_calls_total{ReportDeviceStates,CANCELLED}') === 1);
    release();
    await eventually(() => reporter.reports.length === 1);
  });
});

test('10 000 quick calls: each is taken or refused, none is lost, none more than allowed', async () => {
  const { dmi, reporter, counts } = await dmiRig({ now: () => 0 });
  const { call } = rawClient(dmi.path);
  const statuses = new Map<unknown, number>();
  const worker = async (times: number) => {
    for (let index = 0; index < times; index++) {
      const status = (await call({}, [framed(request)]))['grpc-status'];
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 50 }, () => worker(200)));
  expect(Object.fromEntries(statuses)).toEqual({ 0: 1000, 8: 9000 });
  expect(reporter.reports).toHaveLength(1000);
  expect(counts.get('edgecore_dmi_calls_total{ReportDeviceStates,RESOURCE_EXHAUSTED}')).toBe(9000);
});
