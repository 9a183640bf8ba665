import { type AnyMessage, decode, encode, type Field, isEnum, isMessage, type Kind } from '@edgecore/grpc';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as messages from '../../src/csi/messages.js';
import { protoName } from '../../src/csi/proto-name.js';
import { loadProto } from '../support/csi/proto.js';

const root = loadProto();

/** Each table with the message it is to be. */
const TABLES: readonly (readonly [name: string, type: AnyMessage])[] = [
  ['pluginregistration.PluginInfo', messages.PluginInfo],
  ['pluginregistration.RegistrationStatus', messages.RegistrationStatus],
  ['csi.v1.NodeGetInfoResponse', messages.NodeGetInfoResponse],
  ['csi.v1.NodeGetCapabilitiesResponse', messages.NodeGetCapabilitiesResponse],
  ['csi.v1.NodeStageVolumeRequest', messages.NodeStageVolumeRequest],
  ['csi.v1.NodeUnstageVolumeRequest', messages.NodeUnstageVolumeRequest],
  ['csi.v1.NodePublishVolumeRequest', messages.NodePublishVolumeRequest],
  ['csi.v1.NodeUnpublishVolumeRequest', messages.NodeUnpublishVolumeRequest],
  ['csi.v1.CreateVolumeRequest', messages.CreateVolumeRequest],
  ['csi.v1.CreateVolumeResponse', messages.CreateVolumeResponse],
  ['csi.v1.DeleteVolumeRequest', messages.DeleteVolumeRequest],
  ['csi.v1.ControllerPublishVolumeRequest', messages.ControllerPublishVolumeRequest],
  ['csi.v1.ControllerPublishVolumeResponse', messages.ControllerPublishVolumeResponse],
  ['csi.v1.ControllerUnpublishVolumeRequest', messages.ControllerUnpublishVolumeRequest],
];

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
/** Not a number: protobufjs keeps maps in objects, which put those first. */
const mapKey = text.filter((key) => !/^\d+$/.test(key));
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

/** Values of a message, at random; of a `oneof` one member at most. */
function arbitrary(type: AnyMessage): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.fromEntries(type.fields.map((field) => [field.name, anyField(field)]));
  return fc.record(fields, { requiredKeys: [] }).map((values) => {
    const told = new Set<string>();
    const isFirst = ({ name, oneof }: Field) => {
      if (oneof === undefined || values[name] === undefined) return true;
      return told.size < told.add(oneof).size;
    };
    const kept = type.fields.filter(isFirst).map(({ name }) => [name, values[name]] as const);
    return Object.fromEntries(kept.filter(([, value]) => value !== undefined));
  });
}

function anyField({ kind, many }: Field): fc.Arbitrary<unknown> {
  if (many === 'map') {
    return fc.array(fc.tuple(mapKey, anyValue(kind)), { maxLength: 4 }).map((entries) => new Map(entries));
  }
  return many === 'repeated' ? fc.array(anyValue(kind), { maxLength: 3 }) : anyValue(kind);
}

function anyValue(kind: Kind): fc.Arbitrary<unknown> {
  if (isMessage(kind)) return arbitrary(kind);
  if (isEnum(kind)) return fc.nat(kind.enumeration.length - 1);
  if (kind === 'string') return text;
  return kind === 'bool' ? fc.boolean() : int64;
}

/** A message as protobufjs takes and gives it: maps are objects, 64-bit numbers texts. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Map) return Object.fromEntries(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

describe.each(TABLES)('%s', (name, type) => {
  const reference = root.lookupType(name);
  const toPlain = (bytes: Uint8Array) =>
    reference.toObject(reference.decode(bytes), { longs: String, defaults: true, oneofs: true });

  test('what it writes, protobufjs reads; what protobufjs writes, it reads', () => {
    fc.assert(
      fc.property(arbitrary(type), (message) => {
        // protobufjs keeps maps in objects, which have no own `__proto__`.
        fc.pre(!JSON.stringify(plain(message)).includes('__proto__'));
        const theirs = reference.encode(reference.fromObject(plain(message) as object)).finish();
        const ours = encode(type, message);
        expect(toPlain(ours)).toEqual(toPlain(theirs));
        expect(encode(type, decode(type, theirs))).toEqual(ours);
      }),
      { numRuns: 60 },
    );
  });

  test('names of fields are those of the .proto', () => {
    const check = (message: AnyMessage, into: typeof reference): void => {
      expect(message.fields).toHaveLength(into.fieldsArray.length);
      for (const { name, number, kind, oneof } of message.fields) {
        const theirs = into.fieldsById[number]!.resolve();
        expect([theirs.name, theirs.partOf?.name]).toEqual([name, oneof]);
        if (isMessage(kind)) check(kind, theirs.resolvedType as typeof reference);
      }
    };
    check(type, reference);
  });
});

test.each(['volume_id', 'max_volumes_per_node', 'readonly'])('the name %s is found again', (name) => {
  expect(protoName(name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()))).toBe(name);
});

test('hostile bytes are a message or an error, never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        expect(typeof decode(messages.CreateVolumeResponse, bytes)).toBe('object');
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
  );
});

test('the key __proto__ of a map is a key', () => {
  const message = { publishContext: new Map([['__proto__', 'x']]) };
  const type = messages.ControllerPublishVolumeResponse;
  expect(decode(type, encode(type, message))).toEqual(message);
});
