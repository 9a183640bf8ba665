import { type Decoded, decode, encode } from '@edgecore/grpc';
import { describe, expect, test } from '@jest/globals';
import * as messages from '../../src/dmi/messages.js';
import { anyValue, anyValues } from '../../src/dmi/objects/any-value.js';
import { effectiveDevice, modelMessage } from '../../src/dmi/objects/effective-device.js';
import { objectKey, type StoredObject, storedObject } from '../../src/dmi/objects/stored-object.js';
import { deviceObject, modelObject } from './support.js';

const stored = (object: { kind: string; metadata: { name: string } }): StoredObject =>
  storedObject(
    { type: object.kind.toLowerCase() as 'device', namespace: 'default', name: object.metadata.name },
    object as never,
  );

/** As a mapper reads it. */
const sent = (device: object, model: object) =>
  decode(
    messages.Device,
    encode(messages.Device, effectiveDevice(stored(device as never), stored(model as never))),
  );

const WRAPPERS = [messages.StringValue, messages.BoolValue, messages.FloatValue, messages.Int64Value];

function read({ typeUrl, value }: { typeUrl: string; value: Uint8Array }): unknown {
  const type = WRAPPERS.find(({ name }) => typeUrl === `type.googleapis.com/${name}`)!;
  const read = decode(type as typeof messages.StringValue, Buffer.from(value));
  return [type.name.replace('google.protobuf.', ''), read.value];
}

describe('values of configData', () => {
  test.each([
    ['a', ['StringValue', 'a']],
    ['', ['StringValue', '']],
    [true, ['BoolValue', true]],
    [2, ['FloatValue', 2]],
    [-1.5, ['FloatValue', -1.5]],
    [16_777_216, ['FloatValue', 16_777_216]],
    [16_777_217, ['Int64Value', 16_777_217n]],
    [-9_007_199_254_740_991, ['Int64Value', -9_007_199_254_740_991n]],
    [0.1, ['FloatValue', Math.fround(0.1)]],
    [1e20, ['FloatValue', Math.fround(1e20)]],
    [1e300, ['StringValue', '1e+300']],
    [
      [1, 'a'],
      ['StringValue', '[1,"a"]'],
    ],
    [{ a: null }, ['StringValue', '{"a":null}']],
  ])('%j', (value, expected) => {
    expect(read(anyValue(value)!)).toEqual(expected);
  });

  test('null is left out, keys are taken as they are', () => {
    const values = anyValues(JSON.parse('{"a":null,"__proto__":1}'));
    expect([...values.keys()]).toEqual(['__proto__']);
  });
});

describe('a device as its mapper gets it', () => {
  test('has the model below its own configuration', () => {
    const model = modelObject('thermo', {
      protocolConfigData: { baud: 9600, slaveID: 9 },
      properties: [
        {
          name: 'temperature',
          visitors: { protocolName: 'modbus', configData: { register: 'Input', offset: 1 } },
        },
        { name: 'unused', visitors: { configData: { offset: 7 } } },
      ],
    });
    const device = deviceObject('t', {
      properties: [{ name: 'temperature', visitors: { configData: { offset: 2 } } }],
    });
    const { spec } = sent(device, model);
    const config = (data: ReadonlyMap<string, Decoded<typeof messages.Any>> | undefined) =>
      Object.fromEntries([...(data ?? [])].map(([key, any]) => [key, (read(any) as [string, unknown])[1]]));
    expect(config(spec?.protocol?.configData?.data)).toEqual({ baud: 9600, slaveID: 1 });
    expect(spec?.properties).toHaveLength(1);
    const visitors = spec?.properties[0]?.visitors;
    expect(visitors?.protocolName).toBe('modbus');
    expect(config(visitors?.configData?.data)).toEqual({ register: 'Input', offset: 2 });
  });

  test('always has desired, visitors and their configData, which Go mappers look into unasked', () => {
    const { spec } = sent(deviceObject('t', { properties: [{ name: 'p' }] }), modelObject());
    expect(spec?.properties).toMatchObject([
      { name: 'p', desired: { value: '' }, visitors: { configData: { data: new Map() } } },
    ]);
    expect(
      sent(deviceObject('t', { protocol: undefined }), modelObject()).spec?.protocol?.configData,
    ).toEqual({ data: new Map() });
  });

  test('has every field of the object, whatever the case of its letters', () => {
    const device = deviceObject('t', {
      deviceModelRef: { name: 'thermo' },
      stateReport: { reportToCloud: true, reportCycle: 10_000 },
      methods: [{ name: 'set', description: 'd', propertyNames: ['temperature'] }],
      properties: [
        {
          name: 'temperature',
          reportCycle: 10_000,
          collectCycle: 5000,
          reportToCloud: true,
          pushMethod: {
            http: { hostName: 'h', port: 80, requestPath: '/p', timeout: 3 },
            mqtt: { address: 'tcp://b', topic: 't', qos: 1, retained: true },
            otel: { endpointURL: 'http://o' },
            anomalyDetection: { limit: 3 },
            dbMethod: {
              influxdb2: { influxdb2ClientConfig: { url: 'u' }, influxdb2DataConfig: { tag: { a: 'b' } } },
              redis: { redisClientConfig: { addr: 'r', db: 1, poolsize: 2, minIdleConns: 3 } },
              TDEngine: { TDEngineClientConfig: { addr: 'a', dbName: 'n' } },
              mysql: { mysqlClientConfig: { userName: 'me' } },
            },
          },
        },
      ],
    });
    expect(sent(device, modelObject())).toMatchObject({
      name: 't',
      namespace: 'default',
      status: { reportToCloud: true, reportCycle: 10_000n },
      spec: {
        deviceModelReference: 'thermo',
        methods: [{ name: 'set', description: 'd', propertyNames: ['temperature'] }],
        properties: [
          {
            reportCycle: 10_000n,
            collectCycle: 5000n,
            reportToCloud: true,
            pushMethod: {
              http: { hostname: 'h', port: 80n, requestpath: '/p', timeout: 3n },
              mqtt: { address: 'tcp://b', topic: 't', qos: 1, retained: true },
              otel: { endpointURL: 'http://o' },
              anomalyDetection: { data: new Map([['limit', anyValue(3)]]) },
              dbMethod: {
                influxdb2: {
                  influxdb2ClientConfig: { url: 'u' },
                  influxdb2DataConfig: { tag: new Map([['a', 'b']]) },
                },
                redis: { redisClientConfig: { addr: 'r', db: 1, poolsize: 2, minIdleConns: 3 } },
                tdengine: { tdEngineClientConfig: { addr: 'a', dbname: 'n' } },
                mysql: { mysqlClientConfig: { userName: 'me' } },
              },
            },
          },
        ],
      },
    });
  });

  test('takes the state report from the place it had before', () => {
    const device = deviceObject('t', {}, { status: { reportToCloud: true, reportCycle: 7 } });
    expect(sent(device, modelObject()).status).toMatchObject({ reportToCloud: true, reportCycle: 7n });
  });

  test('of wrong types is sent without them', () => {
    const odd = {
      properties: [{ name: 7, reportCycle: 1.5, desired: 'x', visitors: null }, 'x', null],
      methods: {},
    };
    const { spec } = sent(
      deviceObject('t', odd),
      modelObject('thermo', { properties: 'x', protocolConfigData: [] }),
    );
    expect(spec?.methods).toEqual([]);
    expect(spec?.properties).toMatchObject([{ name: '', reportCycle: 0n, desired: { value: '' } }]);
  });

  test('a model is sent without protocol and visitors', () => {
    const model = modelObject('m', {
      protocolConfigData: { a: 1 },
      properties: [{ name: 'p', unit: 'K', visitors: {} }],
    });
    expect(modelMessage(stored(model))).toEqual({
      name: 'm',
      namespace: 'default',
      spec: { properties: [{ name: 'p', unit: 'K' }] },
    });
  });
});

test('`device/updated` names the device inside, unless a device has that name', () => {
  const key = (object?: object) => objectKey('default/device/updated', object as never)?.name;
  expect(key({ metadata: { name: 'temp1' } })).toBe('temp1');
  expect(key({ metadata: { name: 'updated' } })).toBe('updated');
  expect(key(undefined)).toBe('updated');
  expect(objectKey('a/device/updated', { metadata: { name: 'x', namespace: 'b' } })).toMatchObject({
    namespace: 'b',
  });
});
