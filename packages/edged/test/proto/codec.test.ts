import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as messages from '../../src/csi/messages.js';
import { decodeMessage } from '../../src/proto/decode.js';
import { encodeMessage } from '../../src/proto/encode.js';
import { type Field, jsonName, type Message, type MessageType } from '../../src/proto/message-type.js';
import { loadProto } from '../support/csi/proto.js';

const root = loadProto();

/** Each table with the message it is to be. */
const TABLES: readonly (readonly [name: string, type: MessageType])[] = [
  ['pluginregistration.PluginInfo', messages.PLUGIN_INFO],
  ['pluginregistration.RegistrationStatus', messages.REGISTRATION_STATUS],
  ['csi.v1.NodeGetInfoResponse', messages.NODE_GET_INFO_RESPONSE],
  ['csi.v1.NodeGetCapabilitiesResponse', messages.NODE_GET_CAPABILITIES_RESPONSE],
  ['csi.v1.NodeStageVolumeRequest', messages.NODE_STAGE_VOLUME_REQUEST],
  ['csi.v1.NodeUnstageVolumeRequest', messages.NODE_UNSTAGE_VOLUME_REQUEST],
  ['csi.v1.NodePublishVolumeRequest', messages.NODE_PUBLISH_VOLUME_REQUEST],
  ['csi.v1.NodeUnpublishVolumeRequest', messages.NODE_UNPUBLISH_VOLUME_REQUEST],
  ['csi.v1.CreateVolumeRequest', messages.CREATE_VOLUME_REQUEST],
  ['csi.v1.CreateVolumeResponse', messages.CREATE_VOLUME_RESPONSE],
  ['csi.v1.DeleteVolumeRequest', messages.DELETE_VOLUME_REQUEST],
  ['csi.v1.ControllerPublishVolumeRequest', messages.CONTROLLER_PUBLISH_VOLUME_REQUEST],
  ['csi.v1.ControllerPublishVolumeResponse', messages.CONTROLLER_PUBLISH_VOLUME_RESPONSE],
  ['csi.v1.ControllerUnpublishVolumeRequest', messages.CONTROLLER_UNPUBLISH_VOLUME_REQUEST],
];

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
/** Not a number: protobufjs keeps maps in objects, which put those first. */
const mapKey = text.filter((key) => !/^\d+$/.test(key));
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

/** Values of a table, at random; of a `oneof` one member at most. */
function arbitrary(type: MessageType): fc.Arbitrary<Message> {
  const fields = Object.fromEntries(type.map((field) => [jsonName(field), anyValue(field)]));
  return fc.record(fields, { requiredKeys: [] }).map((message) => {
    const result: Record<string, unknown> = { ...message };
    for (const field of type) {
      if (field.oneof === undefined || result[jsonName(field)] === undefined) continue;
      for (const rival of type)
        if (rival.oneof === field.oneof && rival !== field) delete result[jsonName(rival)];
    }
    return result;
  });
}

function anyValue({ kind, repeated }: Field): fc.Arbitrary<unknown> {
  const one: fc.Arbitrary<unknown> =
    kind === 'string'
      ? text
      : kind === 'bool'
        ? fc.boolean()
        : kind === 'int64'
          ? int64
          : kind === 'map'
            ? fc.array(fc.tuple(mapKey, text), { maxLength: 4 }).map((entries) => new Map(entries))
            : 'enumeration' in kind
              ? fc.nat(kind.enumeration.length - 1)
              : arbitrary(kind.message);
  return repeated ? fc.array(one, { maxLength: 3 }) : one;
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
        const ours = encodeMessage(type, message);
        expect(toPlain(ours)).toEqual(toPlain(theirs));
        expect(encodeMessage(type, decodeMessage(type, theirs))).toEqual(ours);
      }),
      { numRuns: 60 },
    );
  });

  test('names of fields are those of the .proto', () => {
    const names = (fields: MessageType, into: typeof reference): string[] =>
      fields.flatMap((field) => {
        const theirs = into.fieldsById[field.number]!.resolve();
        expect(theirs.name).toBe(jsonName(field));
        expect(theirs.partOf?.name ?? '').toBe(
          (field.oneof ?? '').replace(/_(.)/g, (_, c: string) => c.toUpperCase()),
        );
        const inner = typeof field.kind === 'object' && 'message' in field.kind ? field.kind.message : [];
        return [
          field.name,
          ...(inner.length > 0 ? names(inner, theirs.resolvedType as typeof reference) : []),
        ];
      });
    expect(names(type, reference).length).toBeGreaterThanOrEqual(reference.fieldsArray.length);
    expect(type).toHaveLength(reference.fieldsArray.length);
  });
});

test('hostile bytes are a message or an error, never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        expect(typeof decodeMessage(messages.CREATE_VOLUME_RESPONSE, bytes)).toBe('object');
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
  );
});

test('the key __proto__ of a map is a key', () => {
  const message = { publishContext: new Map([['__proto__', 'x']]) };
  const type = messages.CONTROLLER_PUBLISH_VOLUME_RESPONSE;
  expect(decodeMessage(type, encodeMessage(type, message))).toEqual(message);
});

test.each([
  [{ volumeId: 7 }, /volume_id must be a string/],
  [{ secrets: { a: 'b' } }, /secrets must be a map/],
])('%j is no DeleteVolumeRequest', (message, expected) => {
  expect(() => encodeMessage(messages.DELETE_VOLUME_REQUEST, message)).toThrow(expected);
});
