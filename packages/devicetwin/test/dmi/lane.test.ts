import { silentLogger } from '@edgecore/api';
import { decode, GrpcCode, GrpcError } from '@edgecore/grpc';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MapperLane } from '../../src/dmi/mappers/mapper-lane.js';
import { DeviceModelRequest, DeviceRequest, RemoveRequest } from '../../src/dmi/messages.js';
import { Inventory } from '../../src/dmi/objects/inventory.js';
import { keyText, type ObjectKey, storedObject } from '../../src/dmi/objects/stored-object.js';

const MAPPER = { name: 'm', version: '', apiVersion: '', protocol: 'modbus', address: '/m', state: '' };

const device = fc.record({
  type: fc.constant('device' as const),
  name: fc.constantFrom('a', 'b', 'c'),
  spec: fc.record({
    deviceModelRef: fc.record({ name: fc.constantFrom('x', 'y') }),
    protocol: fc.record({ protocolName: fc.constantFrom('modbus', 'modbus', 'opcua') }),
    methods: fc.constantFrom([], [{ name: 'one' }], [{ name: 'two' }]),
  }),
});
const model = fc.record({
  type: fc.constant('devicemodel' as const),
  name: fc.constantFrom('x', 'y'),
  spec: fc.record({
    protocol: fc.constantFrom('modbus', ''),
    properties: fc.constantFrom([], [{ name: 'p' }]),
    protocolConfigData: fc.constantFrom({}, { baud: 1 }),
  }),
});
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ put: fc.oneof(device, model) }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.oneof(device, model) }) },
  // What the next call meets: the mapper is away, or gets it and dies before it answers.
  { weight: 2, arbitrary: fc.record({ fault: fc.constantFrom('away', 'died' as const) }) },
  { weight: 1, arbitrary: fc.constant('wait' as const) },
  { weight: 1, arbitrary: fc.constant('resume' as const) },
);

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('whatever changes, and whenever the mapper is away, it has the last state in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const inventory = new Inventory();
      const faults: string[] = [];
      /** What the mapper has. */
      const has = new Map<string, unknown>();
      const take = (method: string, request: Buffer) => {
        if (method.startsWith('Remove')) {
          const { name } = decode(RemoveRequest, request);
          has.delete(`${method === 'RemoveDevice' ? 'device' : 'devicemodel'}/default/${name}`);
        } else if (method.endsWith('Device')) {
          const sent = decode(DeviceRequest, request).device!;
          // A device never comes before its model.
          expect(has.has(`devicemodel/default/${sent.spec?.deviceModelReference}`)).toBe(true);
          has.set(`device/default/${sent.name}`, sent);
        } else {
          const sent = decode(DeviceModelRequest, request).model!;
          has.set(`devicemodel/default/${sent.name}`, sent);
        }
      };
      const lane = new MapperLane({
        mapper: MAPPER,
        modelOf: (key) => inventory.modelOf(key),
        wanted: (key, protocol) => inventory.wanted(key, protocol),
        call: async (_, method, request) => {
          const fault = faults.shift();
          await Promise.resolve();
          if (fault !== 'away') take(method, request);
          if (fault) throw new GrpcError(GrpcCode.UNAVAILABLE, fault);
        },
        log: silentLogger,
      });
      const key = ({ type, name }: { type: ObjectKey['type']; name: string }) => ({
        type,
        name,
        namespace: 'default',
      });
      for (const step of steps) {
        if (step === 'wait') await settled();
        else if (step === 'resume') lane.resume();
        else if ('fault' in step) faults.push(step.fault);
        else if ('remove' in step) lane.changed(inventory.remove(key(step.remove)));
        else lane.changed(inventory.put(storedObject(key(step.put), step.put)));
      }
      faults.length = 0;
      await settled();
      lane.resume();
      await settled();
      expect(lane.pending).toBe(0);
      for (const it of [...inventory.keys(), ...[...has.keys()].map(parse)]) {
        const wanted = inventory.wanted(it, 'modbus');
        const found = has.get(keyText(it));
        if (wanted.kind === 'none') expect(found).toBeUndefined();
        if (wanted.kind === 'device')
          expect(found).toMatchObject({ name: it.name, spec: { methods: wanted.device.spec!.methods! } });
        if (wanted.kind === 'model')
          expect(found).toMatchObject({ spec: { properties: wanted.model.spec!.properties! } });
      }
    }),
    { numRuns: 300 },
  );
});

function parse(id: string): ObjectKey {
  const [type, namespace, name] = id.split('/') as [ObjectKey['type'], string, string];
  return { type, namespace, name };
}
