import { createMessage, type Message } from '@edgecore/beehive';
import { describe, expect, test } from '@jest/globals';
import { checkOutbound } from '../src/outbound/check-outbound.js';

const check = (fields: Partial<Message>, limit = 1000) =>
  checkOutbound(createMessage<unknown>({ source: 'edged', group: 'meta', ...fields }), limit);

describe('outgoing messages (edgehub.md §10)', () => {
  test.each([
    [{ resource: 'default/pod/x' }, 'it has no operation'],
    [{ operation: 'config', resource: 'default/pod/x' }, 'reserved for the transport'],
    [{ operation: 'ping', resource: 'default/pod/x' }, 'reserved for the transport'],
    [{ operation: 'pong', resource: 'default/pod/x' }, 'reserved for the transport'],
    [{ operation: 'query', resource: '' }, 'needs a resource'],
    [{ operation: 'query', resource: 'kube-node-lease/lease' }, 'is not <namespace>/lease/<name>'],
    [{ operation: 'update', resource: 'null/node/' }, 'is not <namespace>/node/<name>'],
    [{ operation: 'query', resource: 'a/configmap/b/c' }, 'is not <namespace>/configmap/<name>'],
    [
      { operation: 'update', resource: 'default/podstatus/x', content: 'x'.repeat(1000) },
      'the limit is 1000',
    ],
    [
      { operation: 'update', resource: 'default/podstatus/x', content: circular() },
      'cannot be written as JSON',
    ],
  ])('%j is refused', (fields, problem) => {
    expect(check(fields)).toEqual({ problem: expect.stringContaining(problem) });
  });

  test.each([
    [{ operation: 'update', resource: 'default/podstatus' }],
    [{ operation: 'query', resource: 'k8s/ca.crt' }],
    [{ operation: 'response', parentId: 'x', resource: 'anything' }],
    [{ operation: 'error', parentId: 'x', resource: '' }],
    [{ source: 'twin', operation: 'get', resource: 'membership/detail' }],
    [{ source: 'twin', operation: 'update', resource: 'device/pod/twin/edge_updated' }],
    [{ source: 'bus', operation: 'upload', resource: 'default/pod/of/topics' }],
    [{ source: 'servicebus', operation: 'upload', resource: '', parentId: 'd21' }],
    [{ source: 'metaserver', operation: 'null', resource: 'null' }],
  ])('%j goes out', (fields) => {
    expect(check(fields)).toEqual({ bytes: expect.any(Number) });
  });

  test('the size is that of the frame', () => {
    const message = createMessage({ id: 'x', timestamp: 1, operation: 'query', resource: 'a/secret/ü' });
    const text =
      '{"header":{"msg_id":"x","parent_msg_id":"","timestamp":1,"resourceversion":"","sync":false},"route":{"source":"","group":"","operation":"query","resource":"a/secret/ü"},"content":null}';
    expect(checkOutbound(message, 1000)).toEqual({ bytes: Buffer.byteLength(text) });
  });
});

function circular(): object {
  const object: { self?: object } = {};
  object.self = object;
  return object;
}
