import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { sleep } from './numbers.mjs';

/** A question for the A record of a name. */
export function question(name) {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1]);
}

/** Garbage: half of it random bytes, half of it questions cut short or with a byte changed. */
export function* garbage(name) {
  const good = question(name);
  const below = (limit) => Math.floor(Math.random() * limit);
  for (let index = 0; ; index += 1) {
    const packet =
      index % 2 === 0
        ? Buffer.from(Array.from({ length: below(80) }, () => below(256)))
        : Buffer.from(good.subarray(0, below(good.length + 1)));
    if (packet.length > 0) packet[below(packet.length)] = below(256);
    yield packet;
  }
}

/** Sends so many of them at so many a second. Resolves with the rate it came to. */
export async function flood(port, name, { count, perSecond }) {
  const packets = garbage(name);
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {});
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  for (let sent = 0; sent < count; ) {
    const due = Math.min(count, Math.ceil(seconds() * perSecond));
    for (; sent < due; sent += 1) socket.send(packets.next().value);
    await sleep(2);
  }
  const rate = count / seconds();
  socket.close();
  return rate;
}
