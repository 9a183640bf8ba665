import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { callUnary, GrpcConnection, GrpcError, GrpcServer, message, method, unary } from '@edgecore/grpc';
import { eventually, tempDir } from '@edgecore/testing';
import grpc from '@grpc/grpc-js';
import { describe, expect, test } from '@jest/globals';
import protobuf from 'protobufjs';
import { atEnd } from './support.js';

const proto = protobuf.parse(`
  syntax = "proto3";
  message Question { string name = 1; map<string, int64> counts = 2; }
  message Answer { repeated string lines = 1; }
`).root;
const Question = message('Question', { name: [1, 'string'], counts: [2, 'int64', 'map'] });
const Answer = message('Answer', { lines: [1, 'string', 'repeated'] });
const ask = method('/test.v1.Oracle/Ask', Question, Answer);

const reference: grpc.MethodDefinition<object, object> = {
  path: ask.path,
  requestStream: false,
  responseStream: false,
  requestSerialize: (value) => Buffer.from(proto.lookupType('Question').encode(value).finish()),
  requestDeserialize: (bytes) =>
    proto.lookupType('Question').toObject(proto.lookupType('Question').decode(bytes)),
  responseSerialize: (value) => Buffer.from(proto.lookupType('Answer').encode(value).finish()),
  responseDeserialize: (bytes) =>
    proto.lookupType('Answer').toObject(proto.lookupType('Answer').decode(bytes)),
};

/** A server that asks the handler, on TCP. */
async function serving(handler: Parameters<typeof unary<typeof Question, typeof Answer>>[1]) {
  const server = new GrpcServer({ methods: [unary(ask, handler)] });
  atEnd(() => server.close());
  const address = (await server.listen({ host: '127.0.0.1', port: 0 })) as { host: string; port: number };
  return { server, address };
}

describe('with grpc-js and protobufjs', () => {
  test('their client is served', async () => {
    const { address } = await serving(({ name, counts }) => {
      if (name === '') throw new GrpcError(5, 'wer? 日');
      return { lines: [name, ...counts.keys()] };
    });
    const client = new grpc.Client(`127.0.0.1:${address.port}`, grpc.credentials.createInsecure());
    atEnd(() => client.close());
    const call = (request: object) =>
      new Promise((resolve, reject) =>
        client.makeUnaryRequest(
          ask.path,
          reference.requestSerialize,
          reference.responseDeserialize,
          request,
          (error, answer) => (error ? reject(error) : resolve(answer)),
        ),
      );
    expect(await call({ name: 'n', counts: { k: 1 } })).toEqual({ lines: ['n', 'k'] });
    await expect(call({})).rejects.toMatchObject({ code: 5, details: 'wer? 日' });
  });

  test('their server is called', async () => {
    const server = new grpc.Server();
    server.addService({ ask: reference } as grpc.ServiceDefinition, {
      ask: (call: { request: { name?: string } }, done: grpc.sendUnaryData<object>) =>
        call.request.name === undefined
          ? done({ code: 7, details: 'nö' })
          : done(null, { lines: [call.request.name] }),
    });
    const socketPath = join(await tempDir(), 's');
    await new Promise((resolve) =>
      server.bindAsync(`unix:${socketPath}`, grpc.ServerCredentials.createInsecure(), resolve),
    );
    atEnd(() => server.forceShutdown());
    expect(await callUnary({ socketPath }, ask, { name: 'x' })).toEqual({ lines: ['x'] });
    await expect(callUnary({ socketPath }, ask, {})).rejects.toMatchObject({
      status: 7,
      message: 'nö',
      fromPeer: true,
    });
  });
});

test('a handler is told when its caller has gone, or its time is over', async () => {
  const reasons: unknown[] = [];
  const { address } = await serving(
    (_, signal) =>
      new Promise(() => signal.addEventListener('abort', () => reasons.push(signal.reason.status))),
  );
  await expect(callUnary(address, ask, {}, { timeoutMs: 50 })).rejects.toMatchObject({ status: 4 });
  await eventually(() => reasons.length === 1);
  const connection = await GrpcConnection.open(address);
  const controller = new AbortController();
  const call = connection.call(ask, {}, { signal: controller.signal });
  setImmediate(() => controller.abort());
  await expect(call).rejects.toMatchObject({ status: 1, fromPeer: false });
  connection.close();
});

test('many calls at a time on one connection, each with its own answer', async () => {
  const { address } = await serving(({ name }) => ({ lines: [name] }));
  const connection = await GrpcConnection.open(address);
  atEnd(() => connection.close());
  const names = Array.from({ length: 90 }, (_, index) => `n${index}`);
  const answers = await Promise.all(names.map((name) => connection.call(ask, { name })));
  expect(answers.map(({ lines }) => lines[0])).toEqual(names);
});

test('an address that is taken is an error, and connections that come at the end are let go', async () => {
  const { server, address } = await serving(() => ({}));
  const other = new GrpcServer({ methods: [] });
  await expect(other.listen(address)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  const socket = connect(address.port, address.host);
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  await server.close();
  await closed;
});
