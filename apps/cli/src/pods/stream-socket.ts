import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { CliError } from '../errors.js';
import { noAnswer, readText } from '../node/node-client.js';

const HANDSHAKE_MS = 10_000;

/**
 * Opens a WebSocket to the node's pod interface. It is paused, so that nothing
 * comes before somebody listens: `resume()` it.
 * @throws {CliError} with the node's own words when it refuses.
 */
export function openStream(socket: string, path: string, protocols: readonly string[]): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const webSocket = new WebSocket(`ws://localhost${path}`, [...protocols], {
      // Not a `ws+unix:` address: that one cannot have every character in its path.
      createConnection: () => connect(socket),
      perMessageDeflate: false,
      skipUTF8Validation: true,
      handshakeTimeout: HANDSHAKE_MS,
    });
    webSocket.once('open', () => {
      webSocket.pause();
      resolve(webSocket);
    });
    webSocket.once('unexpected-response', (request, response) => {
      readText(response)
        .then(
          (text) => text.trim().slice(0, 300),
          () => '',
        )
        .then((text) => {
          request.destroy();
          reject(new CliError(text || `the node answered ${response.statusCode}`));
        });
    });
    // Stays for later failures, too: they end in `close`.
    webSocket.on('error', (error) => reject(noAnswer(socket, error)));
  });
}

/** Sends a message on a channel; resolves when the socket took it, or is gone. */
export function sendOn(webSocket: WebSocket, channel: number, bytes: Uint8Array): Promise<void> {
  if (webSocket.readyState !== WebSocket.OPEN) return Promise.resolve();
  return new Promise((resolve) =>
    webSocket.send(Buffer.concat([Buffer.from([channel]), bytes]), () => resolve()),
  );
}
