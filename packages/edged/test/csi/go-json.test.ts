import { describe, expect, test } from '@jest/globals';
import { messageFromJson } from '../../src/csi/from-json.js';
import { goJson } from '../../src/csi/go-json.js';
import * as messages from '../../src/csi/messages.js';

describe('JSON as Go writes the structs of CSI', () => {
  const response = messages.CreateVolumeResponse;

  test.each([
    ['nothing', {}, '{}'],
    ['an empty message is there', { volume: {} }, '{"volume":{}}'],
    ['zero values are left out', { volume: { volumeId: '', capacityBytes: 0n } }, '{"volume":{}}'],
    [
      'more than a double can hold',
      { volume: { capacityBytes: 9_223_372_036_854_775_807n } },
      '{"volume":{"capacity_bytes":9223372036854775807}}',
    ],
    [
      'an unset oneof is null: its Go field has no tag',
      { volume: { contentSource: {} } },
      '{"volume":{"content_source":{"Type":null}}}',
    ],
    [
      'a member of a oneof is named as in Go',
      { volume: { contentSource: { volume: { volumeId: 'x' } } } },
      '{"volume":{"content_source":{"Type":{"Volume":{"volume_id":"x"}}}}}',
    ],
    [
      'control characters, and a backslash that is none',
      { volume: { volumeId: '\b\f\n\t\u0001\\b"' } },
      '{"volume":{"volume_id":"\\u0008\\u000c\\n\\t\\u0001\\\\b\\""}}',
    ],
    [
      'keys of maps in the order of their bytes',
      { volume: { volumeContext: new Map(Object.entries({ '\u{1F600}': '1', '\uFF00': '2', a: '3' })) } },
      '{"volume":{"volume_context":{"a":"3","\uFF00":"2","\u{1F600}":"1"}}}',
    ],
  ])('%s', (_, message, expected) => {
    expect(goJson(response, message)).toBe(expected);
  });
});

describe('JSON of protobuf', () => {
  const request = messages.CreateVolumeRequest;

  test('names of both kinds, enums by name and number, 64 bits as text and number, null as unset', () => {
    const value = (range: object, mode: unknown) => ({
      name: 'n',
      ...range,
      volume_capabilities: [{ accessMode: { mode } }],
    });
    const expected = {
      name: 'n',
      capacityRange: { requiredBytes: 5n },
      volumeCapabilities: [{ accessMode: { mode: 1 } }],
    };
    const byText = { capacityRange: { requiredBytes: '5', limitBytes: null } };
    expect(messageFromJson(request, value(byText, 'SINGLE_NODE_WRITER'))).toEqual(expected);
    expect(messageFromJson(request, value({ capacity_range: { required_bytes: 5 } }, 1))).toEqual(expected);
  });

  test.each([
    [{ name: 1 }, 'name must be a string'],
    [{ parameters: ['a'] }, 'parameters must be an object of texts'],
    [{ parameters: { a: 1 } }, 'parameters.a must be a string'],
    [{ volumeCapabilities: {} }, 'volumeCapabilities must be a list'],
    [{ volumeCapabilities: ['x'] }, 'volumeCapabilities[0] must be an object'],
    [{ capacityRange: { limitBytes: 1.5 } }, 'capacityRange.limitBytes must be a whole number of 64 bits'],
    [
      { capacityRange: { limitBytes: '9223372036854775808' } },
      'limitBytes must be a whole number of 64 bits',
    ],
    [
      { volumeCapabilities: [{ accessMode: { mode: -1 } }] },
      'volumeCapabilities[0].accessMode.mode must be one of',
    ],
  ])('%j', (json, expected) => {
    expect(() => messageFromJson(request, json)).toThrow(expected);
  });
});
