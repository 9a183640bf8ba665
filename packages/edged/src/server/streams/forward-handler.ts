import { type WebSocket, WebSocketServer } from 'ws';
import { HttpProblem } from '../http-answer.js';
import { findPod, type PodPath } from '../pod-lookup.js';
import type { ServerSettings, ServerSource } from '../server-options.js';
import type { ForwardTarget } from './forward-connection.js';
import { checkSubprotocols, negotiateSpdy, spdyAccepted, upgradeKind } from './negotiate.js';
import { parsePort, podAddress } from './pod-address.js';
import { missingUpgrade, type UpgradeRequest } from './remote-handler.js';
import { forwardSpdy } from './spdy-forward.js';
import { FORWARD_SUBPROTOCOLS, forwardWebSocket } from './websocket-forward.js';

const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** Serves port-forward (edgestream.md §13). */
export class ForwardHandler {
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => [...offered].find((one) => FORWARD_SUBPROTOCOLS.includes(one)) ?? false,
  });

  constructor(
    private readonly source: ServerSource,
    private readonly settings: ServerSettings,
    private readonly stop: AbortSignal,
  ) {}

  /** @throws {HttpProblem} 404. */
  check(path: PodPath): void {
    if (!findPod(this.source.pods(), path)) throw new HttpProblem(404, 'pod does not exist');
  }

  /** Resolves when the client is gone. @throws {HttpProblem} before it began. */
  async serve(path: PodPath, { request, socket, head, query }: UpgradeRequest): Promise<void> {
    this.check(path);
    const { metadata } = findPod(this.source.pods(), path)!.pod;
    const { runtime, log } = this.source;
    const target = (port: number, signal: AbortSignal): ForwardTarget => ({
      port,
      signal: AbortSignal.any([signal, this.stop]),
      pod: metadata,
      address: () => podAddress(runtime, metadata.uid),
    });
    const { streamIdleTimeoutMs: idleTimeoutMs, streamsTimeoutMs } = this.settings;
    switch (upgradeKind(request)) {
      case 'spdy': {
        const protocol = negotiateSpdy(request, ['portforward.k8s.io']);
        if (head.length > 0) socket.unshift(head);
        socket.write(spdyAccepted(protocol));
        return forwardSpdy(socket, { idleTimeoutMs, streamsTimeoutMs, log, target });
      }
      case 'websocket': {
        const ports = parsePorts(query);
        checkSubprotocols(request, FORWARD_SUBPROTOCOLS);
        const webSocket = await new Promise<WebSocket | undefined>((resolve) => {
          socket.once('close', () => resolve(undefined));
          this.#webSockets.handleUpgrade(request, socket, head, resolve);
        });
        if (webSocket) await forwardWebSocket(webSocket, ports, { idleTimeoutMs, target });
        return;
      }
      default:
        throw missingUpgrade(request);
    }
  }
}

/** @throws {HttpProblem} 400 for none, or one that is no port. */
function parsePorts(query: URLSearchParams): number[] {
  const texts = query.getAll('port').flatMap((value) => value.split(','));
  if (texts.length === 0) throw new HttpProblem(400, 'query parameter "port" is required');
  return texts.map((text) => {
    const port = parsePort(text.trim());
    if (port === undefined) throw new HttpProblem(400, `"${text}" is not a port: 1 to 65535`);
    return port;
  });
}
