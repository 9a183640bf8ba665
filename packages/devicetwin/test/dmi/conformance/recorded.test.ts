import { join } from 'node:path';
import { eventually, golden, goldenHub, tempDir } from '@edgecore/testing';
import * as grpc from '@grpc/grpc-js';
import { expect, test } from '@jest/globals';
import { referenceMethod } from '../proto-text.js';
import { atEnd, dmiRig, mapperServer } from '../support.js';

/** A line of a recording of DMI. */
interface Call {
  readonly method: string;
  readonly dir: 'mapper->edge' | 'edge->mapper';
  readonly kind: 'grpc-request' | 'grpc-response';
  readonly raw: string;
}

const lines = golden('v1.23', 'device-lifecycle.dmi.jsonl').map((line) => {
  const { method, dir, kind, raw } = line as unknown as Call;
  const [, service, name] = /^\/v1beta1\.(\w+)\/(\w+)$/.exec(method)!;
  return { path: method, service: service!, name: name!, dir, kind, raw: Buffer.from(raw, 'hex') };
});
const fromMapper = lines.filter(({ dir, kind }) => dir === 'mapper->edge' && kind === 'grpc-request');
const toMapper = lines.filter(({ dir, kind }) => dir === 'edge->mapper' && kind === 'grpc-request');

/** What the cloud sent of devices and models, in its order. */
const changes = goldenHub('v1.23', 'device-lifecycle.jsonl')
  .filter(
    ({ dir, message }) => dir === 'down' && /^default\/device(?:model)?\//.test(message.route.resource ?? ''),
  )
  .map(({ ts, message }) => ({
    ts,
    operation: message.route.operation!,
    resource: message.route.resource!,
    content: message.content,
  }));

/** A call with the recorded bytes; resolves with the bytes of the answer. */
function rawCaller(path: string) {
  const client = new grpc.Client(`unix:${path}`, grpc.credentials.createInsecure());
  atEnd(() => client.close());
  const asIs = (bytes: Buffer) => bytes;
  return (method: string, request: Buffer) =>
    new Promise<Buffer>((resolve, reject) =>
      client.makeUnaryRequest(method, asIs, asIs, request, (error, answer) =>
        error ? reject(error) : resolve(answer!),
      ),
    );
}

// The mapper of the recording registered when the objects were there, and was called for what came after.
test('replay of device-lifecycle.dmi: answers byte for byte, the same calls in the same order', async () => {
  const socket = join(await tempDir(), 'm.sock');
  const mapper = await mapperServer(socket);
  const { dmi, reporter, row } = await dmiRig();
  const call = rawCaller(dmi.path);
  const [model, device, ...later] = changes;
  dmi.apply(model!);
  dmi.apply(device!);

  const answers: Buffer[] = [];
  for (const { path, service, name, raw } of fromMapper) {
    // Its address is the one thing changed: ours listens elsewhere.
    const { requestSerialize, requestDeserialize } = referenceMethod(service, name);
    const request = requestDeserialize(raw) as { mapper?: object };
    const moved = request.mapper && {
      ...request,
      mapper: { ...request.mapper, address: Buffer.from(socket) },
    };
    answers.push(await call(path, moved ? requestSerialize(moved) : raw));
  }
  const recorded = lines.filter(({ dir, kind }) => dir === 'edge->mapper' && kind === 'grpc-response');
  expect(answers.map((bytes) => bytes.toString('hex'))).toEqual(
    recorded.map(({ raw }) => raw.toString('hex')),
  );
  expect(await row('node/nodeID/namespace/devicemapper/labmapper')).toMatchObject({ value: { state: 'ok' } });
  expect(reporter.reports).toEqual([
    { id: 'default/thermo-1', twins: { temperature: { expected: '0', actual: '21' } } },
    { id: 'default/thermo-1', twins: { temperature: { expected: '0', actual: '22' } } },
    { id: 'default/thermo-1', state: 'online' },
  ]);

  for (const change of later) dmi.apply(change);
  await eventually(() => mapper.calls.length === toMapper.length);
  expect(mapper.methods()).toEqual(toMapper.map(({ name }) => name));
  for (const [index, { service, name, raw }] of toMapper.entries()) {
    const ours = mapper.calls[index]!.raw;
    // Go writes the entries of a map in any order: equal as messages, and as long.
    const { requestDeserialize } = referenceMethod(service, name);
    expect(requestDeserialize(ours)).toEqual(requestDeserialize(raw));
    expect(ours).toHaveLength(raw.length);
    if (name.startsWith('Remove')) expect(ours).toEqual(raw);
  }
});

test('the device is told once: an update that changes nothing, or the order only, is no call', async () => {
  const socket = join(await tempDir(), 'm.sock');
  const mapper = await mapperServer(socket);
  const { dmi } = await dmiRig();
  const [model, device, update] = changes;
  dmi.apply(model!);
  dmi.apply(device!);
  const { requestSerialize, requestDeserialize } = referenceMethod('DeviceManagerService', 'MapperRegister');
  const request = requestDeserialize(fromMapper[0]!.raw) as { mapper: object };
  const moved = { ...request, mapper: { ...request.mapper, address: Buffer.from(socket) } };
  await rawCaller(dmi.path)(fromMapper[0]!.path, requestSerialize(moved));
  dmi.apply({ ...device!, operation: 'update' });
  const content = structuredClone(device!.content) as { spec: { properties: object[] } };
  content.spec.properties.reverse();
  dmi.apply({ ...device!, operation: 'update', content });
  dmi.apply(update!);
  await eventually(() => mapper.calls.length > 0);
  expect(mapper.methods()).toEqual(['UpdateDevice']);
});
