import { goldenHub } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { createMessage, decodeMessage, encodeMessage, responseTo } from '../src/index.js';

describe('encodeMessage', () => {
  test('writes every header and route key, empty ones included', () => {
    const message = createMessage({
      parentId: 'p1',
      source: 'edged',
      group: 'meta',
      resource: 'default/pod/a',
      operation: 'update',
      content: { a: 1 },
    });
    const wire = JSON.parse(encodeMessage(message));
    expect(Object.keys(wire.header)).toEqual([
      'msg_id',
      'parent_msg_id',
      'timestamp',
      'resourceversion',
      'sync',
    ]);
    expect(Object.keys(wire.route)).toEqual(['source', 'group', 'operation', 'resource']);
    expect(wire.header).toMatchObject({ resourceversion: '', sync: false });
  });

  test('a message with nothing but an id has every key, the content too (wire.md §9.2)', () => {
    const text = encodeMessage(createMessage({ id: 'x', timestamp: 1 }));
    expect(JSON.parse(text)).toEqual({
      header: { msg_id: 'x', parent_msg_id: '', timestamp: 1, resourceversion: '', sync: false },
      route: { source: '', group: '', operation: '', resource: '' },
      content: null,
    });
    expect(decodeMessage('{"header":{"msg_id":"x","timestamp":1},"route":{},"content":null}')).toEqual(
      createMessage({ id: 'x', timestamp: 1 }),
    );
  });

  test('bytes become padded base64', () => {
    expect(JSON.parse(encodeMessage(createMessage<unknown>({ content: Buffer.from('hi') }))).content).toBe(
      'aGk=',
    );
    expect(
      JSON.parse(encodeMessage(createMessage<unknown>({ content: new Uint8Array([0x70, 0x69, 0x6e, 0x67]) })))
        .content,
    ).toBe('cGluZw==');
  });
});

describe('decodeMessage', () => {
  test("Go's raw message has only empty fields", () => {
    const message = decodeMessage('{"header":{"msg_id":"","timestamp":0},"route":{},"content":null}');
    expect(message).toEqual({
      id: '',
      parentId: '',
      timestamp: 0,
      resourceVersion: '',
      sync: false,
      source: '',
      group: '',
      operation: '',
      resource: '',
      content: null,
    });
  });

  test.each([
    ['', 'not JSON'],
    ['[]', 'not a JSON object'],
    ['{"header":{"timestamp":"1"}}', 'timestamp is not an integer'],
    ['{"header":{"timestamp":1.5}}', 'timestamp is not an integer'],
    ['{"header":{"msg_id":7}}', 'msg_id is not a string'],
    ['{"header":[]}', 'header is not an object'],
    ['{"route":{"operation":{}}}', 'operation is not a string'],
  ])('rejects %s', (text, reason) => {
    expect(() => decodeMessage(text)).toThrow(reason);
  });

  test('unknown keys are ignored and not written again', () => {
    const message = decodeMessage(
      '{"header":{"msg_id":"a","timestamp":1,"type":"x","foo":1},"route":{"destination":"d"},"content":{}}',
    );
    expect(encodeMessage(message)).not.toMatch(/foo|destination|"type"/);
  });

  test('integers beyond the safe range survive a round trip', () => {
    const text = '{"header":{"msg_id":"a","timestamp":1},"route":{},"content":{"n":9007199254740993123}}';
    expect(encodeMessage(decodeMessage(text))).toContain('9007199254740993123');
  });
});

test('a response keeps the route of its request', () => {
  const request = createMessage({
    source: 'edged',
    group: 'meta',
    operation: 'update',
    resource: 'default/pod/a',
  });
  expect(responseTo(request, 'OK')).toMatchObject({
    parentId: request.id,
    source: 'edged',
    group: 'meta',
    operation: 'response',
    resource: 'default/pod/a',
    content: 'OK',
  });
});

test.each([
  ['2020', 'pod-lifecycle.jsonl'],
  ['2020', 'reconnect.jsonl'],
  ['v1.23', 'pod-lifecycle.jsonl'],
] as const)('every hub message of %s/%s survives decode, encode, decode', (cloud, file) => {
  for (const line of goldenHub(cloud, file)) {
    const message = decodeMessage(Buffer.from(line.raw, 'hex'));
    expect(message).toMatchObject({
      id: line.message.header.msg_id,
      resource: line.message.route.resource ?? '',
      content: line.message.content,
    });
    expect(decodeMessage(encodeMessage(message))).toEqual(message);
  }
});
