import { decodeTunnelFrame, encodeTunnelFrame, InvalidTunnelFrameError } from '@edgecore/viaduct';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

describe('tunnel frames', () => {
  test.each([
    [1n, 3, 'hello\n', '010368656c6c6f0a'],
    [1n, 4, '', '0104'],
    [300n, 3, 'A', 'ac020341'],
    [16384n, 4, '', '80800104'],
    [2n ** 63n, 4, '', '8080808080808080800104'],
    [2n ** 64n - 1n, 3, '', 'ffffffffffffffffff0103'],
  ])('%d %d %j', (id, type, data, hex) => {
    expect(encodeTunnelFrame(id, type, Buffer.from(data)).toString('hex')).toBe(hex);
    expect(decodeTunnelFrame(Buffer.from(hex, 'hex'))).toEqual({
      connectId: id,
      type: BigInt(type),
      data: Buffer.from(data),
    });
  });

  test('what is written is read', () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, 2n ** 64n - 1n),
        fc.nat(127),
        fc.uint8Array({ maxLength: 5000 }),
        (id, type, data) => {
          const bytes = Buffer.from(data);
          expect(decodeTunnelFrame(encodeTunnelFrame(id, type, bytes))).toEqual({
            connectId: id,
            type: BigInt(type),
            data: bytes,
          });
        },
      ),
    );
  });

  test.each(['', '80', 'ffffffffffffffffffff', '01', '0180', 'ffffffffffffffffff7f03'])(
    '%j is no frame',
    (hex) => {
      expect(() => decodeTunnelFrame(Buffer.from(hex, 'hex'))).toThrow(InvalidTunnelFrameError);
    },
  );
});
