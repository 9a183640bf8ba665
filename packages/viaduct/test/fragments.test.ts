import { expect, test } from '@jest/globals';
import type { WebSocket } from 'ws';
import { writeText } from '../src/websocket/fragments.js';

interface Frame {
  readonly bytes: number;
  readonly fin: boolean;
}

function framesOf(text: string): Frame[] {
  const frames: Frame[] = [];
  const socket = {
    send: (data: Buffer, options: { fin: boolean }, done?: () => void) => {
      frames.push({ bytes: data.length, fin: options.fin });
      done?.();
    },
  };
  let done = 0;
  writeText(socket as unknown as WebSocket, text, 'go', () => done++);
  expect(done).toBe(1);
  return frames;
}

test.each<[number, Frame[]]>([
  [10, [{ bytes: 11, fin: true }]],
  [4095, [{ bytes: 4096, fin: true }]],
  [
    4096,
    [
      { bytes: 4096, fin: false },
      { bytes: 1, fin: true },
    ],
  ],
  [
    8191,
    [
      { bytes: 4096, fin: false },
      { bytes: 4096, fin: true },
    ],
  ],
  [
    8192,
    [
      { bytes: 8193, fin: false },
      { bytes: 0, fin: true },
    ],
  ],
  [
    200_000,
    [
      { bytes: 200_001, fin: false },
      { bytes: 0, fin: true },
    ],
  ],
])('%d characters and a newline leave a Go server in these frames', (length, frames) => {
  expect(framesOf('x'.repeat(length))).toEqual(frames);
});
