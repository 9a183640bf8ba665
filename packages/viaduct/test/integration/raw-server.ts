import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Issued } from '../pki.js';

export interface RawServer {
  readonly port: number;
  readonly https: Server;
  /** The next accepted WebSocket and its request. */
  next(): Promise<[WebSocket, IncomingMessage & { socket: TLSSocket }]>;
  close(): Promise<void>;
}

/** A bare `https` + `ws` server with a client certificate check: not our code, so a witness for what ours sends. */
export async function rawServer(cert: Issued, ca: string, tls: TlsOptions = {}): Promise<RawServer> {
  const https = createServer({
    ...cert,
    ...tls,
    ca,
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: ['h2', 'http/1.1'],
  });
  const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  const accepted: [WebSocket, IncomingMessage & { socket: TLSSocket }][] = [];
  https.on('upgrade', (request, socket, head) => {
    upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      accepted.push([webSocket, request as IncomingMessage & { socket: TLSSocket }]);
      https.emit('accepted');
    });
  });
  await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve));
  return {
    port: (https.address() as AddressInfo).port,
    https,
    async next() {
      if (accepted.length === 0) await once(https, 'accepted');
      return accepted.shift()!;
    },
    async close() {
      for (const webSocket of upgrades.clients) webSocket.terminate();
      https.closeAllConnections();
      await new Promise((resolve) => https.close(resolve));
    },
  };
}
