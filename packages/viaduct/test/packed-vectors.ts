import { createMessage, type Message } from '@edgecore/beehive';

export interface PackedVector {
  readonly name: string;
  readonly message: Message;
  /** Content as a receiver gets it. */
  readonly content: string;
  readonly hex: string;
}

const hex = (text: string) => text.replace(/\s+/g, '');

/** The worked examples of wire.md §3.3. */
export const PACKED_VECTORS: readonly PackedVector[] = [
  {
    name: 'A: control lane header',
    message: createMessage<unknown>({
      id: '11111111-2222-4333-8444-555555555555',
      timestamp: 1592611200000,
      operation: 'header',
      resource: 'header',
      content: { Node_id: ['edge-01'], Project_id: ['p1'] },
    }),
    content: '{"Node_id":["edge-01"],"Project_id":["p1"]}',
    hex: hex(`01 01 01 00 01 00 00 00 00 6e 0a 2d
      0a 24 31 31 31 31 31 31 31 31 2d 32 32 32 32 2d 34 33 33 33 2d 38 34 34 34 2d 35 35 35 35 35 35 35 35 35 35 35 35
      18 80 f0 b2 f0 d9 5c 12 10 1a 06 68 65 61 64 65 72 22 06 68 65 61 64 65 72
      1a 2b 7b 22 4e 6f 64 65 5f 69 64 22 3a 5b 22 65 64 67 65 2d 30 31 22 5d 2c 22 50 72 6f 6a 65 63 74 5f 69 64 22 3a 5b 22 70 31 22 5d 7d`),
  },
  {
    name: 'B: control lane reply',
    message: createMessage<unknown>({
      id: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
      parentId: '11111111-2222-4333-8444-555555555555',
      timestamp: 1592611200005,
      operation: 'response',
      resource: 'header',
      content: 'ack',
    }),
    content: 'ack',
    hex: hex(`01 01 01 00 01 00 00 00 00 6e 0a 53
      0a 24 61 61 61 61 61 61 61 61 2d 62 62 62 62 2d 34 63 63 63 2d 38 64 64 64 2d 65 65 65 65 65 65 65 65 65 65 65 65
      12 24 31 31 31 31 31 31 31 31 2d 32 32 32 32 2d 34 33 33 33 2d 38 34 34 34 2d 35 35 35 35 35 35 35 35 35 35 35 35 18 8a f0 b2 f0 d9 5c
      12 12 1a 08 72 65 73 70 6f 6e 73 65 22 06 68 65 61 64 65 72 1a 03 61 63 6b`),
  },
  {
    name: 'C: keepalive',
    message: createMessage<unknown>({
      id: '6f1c1f6e-4b0a-4b6e-9c53-0d6f7f0a1b2c',
      timestamp: 1592611200010,
      source: 'websocket',
      group: 'resource',
      operation: 'keepalive',
      resource: 'node',
      content: 'ping',
    }),
    content: 'ping',
    hex: hex(`01 01 01 00 01 00 00 00 00 5d
      0a 2d 0a 24 36 66 31 63 31 66 36 65 2d 34 62 30 61 2d 34 62 36 65 2d 39 63 35 33 2d 30 64 36 66 37 66 30 61 31 62 32 63 18 94 f0 b2 f0 d9 5c
      12 26 0a 09 77 65 62 73 6f 63 6b 65 74 12 08 72 65 73 6f 75 72 63 65 1a 09 6b 65 65 70 61 6c 69 76 65 22 04 6e 6f 64 65
      1a 04 70 69 6e 67`),
  },
  {
    name: 'D: acknowledgement',
    message: createMessage<unknown>({
      id: '0b0e3a4e-9f54-4a52-8a7d-3d1e5f6a7b8c',
      parentId: 'c0ffee00-0000-4000-8000-000000000001',
      timestamp: 1592611200020,
      source: 'edgecontroller',
      group: 'resource',
      operation: 'response',
      resource: 'default/pod/nginx',
      content: 'OK',
    }),
    content: 'OK',
    hex: hex(`01 01 01 00 01 00 00 00 00 92
      0a 53 0a 24 30 62 30 65 33 61 34 65 2d 39 66 35 34 2d 34 61 35 32 2d 38 61 37 64 2d 33 64 31 65 35 66 36 61 37 62 38 63
      12 24 63 30 66 66 65 65 30 30 2d 30 30 30 30 2d 34 30 30 30 2d 38 30 30 30 2d 30 30 30 30 30 30 30 30 30 30 30 31 18 a8 f0 b2 f0 d9 5c
      12 37 0a 0e 65 64 67 65 63 6f 6e 74 72 6f 6c 6c 65 72 12 08 72 65 73 6f 75 72 63 65 1a 08 72 65 73 70 6f 6e 73 65 22 11 64 65 66 61 75 6c 74 2f 70 6f 64 2f 6e 67 69 6e 78
      1a 02 4f 4b`),
  },
  {
    name: 'E: empty message',
    message: createMessage<unknown>({ id: '', timestamp: 0 }),
    content: '',
    hex: hex('01 01 01 00 01 00 00 00 00 04 0a 00 12 00'),
  },
];
