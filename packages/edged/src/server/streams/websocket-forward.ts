import type { WebSocket } from 'ws';
import { type ForwardTarget, forwardConnection } from './forward-connection.js';
import { WebSocketChannels } from './websocket-channels.js';

export const FORWARD_SUBPROTOCOLS: readonly string[] = [
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
];

/**
 * Port-forward over a WebSocket: for the n-th port, channel 2n is data and
 * 2n + 1 errors; the first message of each is the port, two bytes, little end first.
 */
export async function forwardWebSocket(
  socket: WebSocket,
  ports: readonly number[],
  options: { idleTimeoutMs: number; target(port: number, signal: AbortSignal): ForwardTarget },
): Promise<void> {
  const coding = socket.protocol.includes('base64') ? 'base64' : 'binary';
  const channels = new WebSocketChannels(socket, { coding, idleTimeoutMs: options.idleTimeoutMs });
  await Promise.all(
    ports.map(async (port, index) => {
      const input = channels.input(2 * index);
      const number = Buffer.alloc(2);
      number.writeUInt16LE(port);
      await channels.send(2 * index, number);
      await channels.send(2 * index + 1, number);
      const target = options.target(port, channels.gone);
      const problem = await forwardConnection(input, channels.output(2 * index), target);
      if (problem !== undefined) await channels.send(2 * index + 1, Buffer.from(problem));
    }),
  );
  channels.close();
}
