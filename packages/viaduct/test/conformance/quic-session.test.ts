import { withFields } from '@edgecore/beehive';
import { golden } from '@edgecore/testing';
import { encodePacked, PackedDecoder } from '@edgecore/viaduct';
import { describe, expect, test } from '@jest/globals';

interface Recorded {
  readonly header?: { ID?: string; ParentID?: string; Timestamp?: number; Sync?: boolean };
  readonly router?: { Source?: string; Group?: string; Operaion?: string; Resouce?: string };
  readonly Content?: unknown;
}

const lines = golden('2020', 'quic-session.jsonl').filter((line) => line.kind === 'packed');

describe('the recorded QUIC session of the Go edge and cloud', () => {
  test('has something to compare', () => expect(lines.length).toBeGreaterThan(20));

  test.each(lines.map((line, index) => [index, line] as const))(
    'packet %d decodes and encodes',
    (_index, line) => {
      const raw = Buffer.from(line.raw!, 'hex');
      const [message, ...more] = new PackedDecoder().push(raw);
      expect(more).toEqual([]);
      const { header = {}, router = {}, Content } = line['protobuf'] as Recorded;
      expect(message).toMatchObject({
        id: header.ID ?? '',
        parentId: header.ParentID ?? '',
        timestamp: header.Timestamp ?? 0,
        sync: header.Sync ?? false,
        source: router.Source ?? '',
        group: router.Group ?? '',
        operation: router.Operaion ?? '',
        resource: router.Resouce ?? '',
      });
      const text = Buffer.from(message!.content).toString('utf8');
      if (typeof Content === 'string') expect(text).toBe(Content);
      else if (Content !== undefined && Content !== null) expect(JSON.parse(text)).toEqual(Content);
      expect(Buffer.from(encodePacked(message!)).toString('hex')).toBe(line.raw);
      expect(
        Buffer.from(encodePacked(withFields<unknown>(message!, { content: text }))).toString('hex'),
      ).toBe(line.raw);
    },
  );

  test('each direction reads back as one stream', () => {
    for (const dir of ['up', 'down']) {
      const packets = lines.filter((line) => line.dir === dir);
      const stream = Buffer.concat(packets.map((line) => Buffer.from(line.raw!, 'hex')));
      expect(new PackedDecoder().push(stream)).toHaveLength(packets.length);
    }
  });
});
