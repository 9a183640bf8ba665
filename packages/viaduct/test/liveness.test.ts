import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Liveness } from '../src/websocket/liveness.js';

function watch(socket: { bytesRead: number }, livenessTimeoutMs: number) {
  let dead = false;
  const liveness = new Liveness(socket as Socket, {
    pingIntervalMs: 0,
    livenessTimeoutMs,
    ping: () => {},
    paused: () => false,
    dead: () => {
      dead = true;
    },
  });
  return { isDead: () => dead, stop: () => liveness.stop() };
}

test('a process that was held up for longer than the timeout still reads what came meanwhile', async () => {
  const socket = { bytesRead: 0 };
  const watched = watch(socket, 100);
  const end = performance.now() + 300;
  while (performance.now() < end);
  // Overdue timers run before what has arrived is read.
  await setTimeout(1);
  socket.bytesRead = 1;
  await setTimeout(30);
  expect(watched.isDead()).toBe(false);
  watched.stop();
});

test('silence ends it', async () => {
  const watched = watch({ bytesRead: 0 }, 40);
  while (!watched.isDead()) await setTimeout(5);
});
