import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { errorText } from '@edgecore/api';
import { connectToService } from './dial.js';
import type { PortProxyOptions } from './port-proxy.js';
import { pump } from './pump.js';

/** WebSockets and the like: the request goes on as it came, then the two connections are one. */
export async function tunnelUpgrade(
  options: PortProxyOptions,
  request: IncomingMessage,
  client: Socket,
  head: Buffer,
  address: string,
): Promise<void> {
  try {
    const connected = await connectToService(options, {
      client: address,
      gone: () => client.destroyed,
    });
    connected.socket.write(requestHead(request, address));
    if (head.length > 0) connected.socket.write(head);
    pump(client, connected);
  } catch (error) {
    const body = `service ${options.service} port ${options.servicePort}: ${errorText(error)}\n`;
    client.end(
      `HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      () => client.destroy(),
    );
  }
}

function requestHead(
  { method, url, httpVersion, rawHeaders, headers }: IncomingMessage,
  client: string,
): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]!.toLowerCase() === 'x-forwarded-for') continue;
    lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`);
  }
  const before = headers['x-forwarded-for'];
  lines.push(`X-Forwarded-For: ${before === undefined ? client : `${before}, ${client}`}`, '', '');
  return lines.join('\r\n');
}
