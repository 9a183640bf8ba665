import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorText } from '@edgecore/api';
import { type Container, ContainerNotRunningError } from '@edgecore/container-runtime';
import { type WebSocket, WebSocketServer } from 'ws';
import { HttpProblem } from '../http-answer.js';
import { findPod, type PodPath } from '../pod-lookup.js';
import type { ServerSettings, ServerSource } from '../server-options.js';
import { checkSubprotocols, negotiateSpdy, spdyAccepted, upgradeKind } from './negotiate.js';
import { wantedStreams } from './remote-request.js';
import type { RemoteClient, WantedStreams } from './remote-session.js';
import { type RemoteRun, runRemote } from './run-remote.js';
import { acceptSpdy } from './spdy-remote.js';
import { acceptWebSocket, REMOTE_SUBPROTOCOLS } from './websocket-remote.js';

export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly query: URLSearchParams;
}

export interface RemotePath extends PodPath {
  readonly container: string;
}

const SPDY_PROTOCOLS = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** Serves exec and attach: joins clients of SPDY or WebSocket with commands of containers. */
export class RemoteHandler {
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => [...offered].find((one) => REMOTE_SUBPROTOCOLS.includes(one)) ?? false,
  });

  constructor(
    private readonly source: ServerSource,
    private readonly settings: ServerSettings,
    private readonly stop: AbortSignal,
  ) {}

  /** What is wrong with a request before it is upgraded. @throws {HttpProblem} */
  check(query: URLSearchParams, path: RemotePath): WantedStreams {
    const wanted = wantedStreams(query);
    if (!findPod(this.source.pods(), path)) throw new HttpProblem(404, 'pod does not exist');
    return wanted;
  }

  /** Resolves when the session is over. @throws {HttpProblem} before it began. */
  async serve(kind: 'exec' | 'attach', path: RemotePath, upgrade: UpgradeRequest): Promise<void> {
    const asked = this.check(upgrade.query, path);
    const pod = findPod(this.source.pods(), path)!.pod;
    const spec = [
      ...pod.spec.containers,
      ...(pod.spec.initContainers ?? []),
      ...(pod.spec.ephemeralContainers ?? []),
    ].find(({ name }) => name === path.container);
    // A container decides itself whether it has a terminal.
    const tty = kind === 'attach' ? (spec?.tty ?? false) : asked.tty;
    const wanted = kind === 'attach' ? { ...asked, tty, stderr: asked.stderr && !tty } : asked;
    const client = await this.#accept(wanted, upgrade);
    if (!client) return;
    const { runtime, log } = this.source;
    const run: Omit<RemoteRun, 'what' | 'start'> = {
      tty,
      stop: this.stop,
      goneGraceMs: this.settings.goneGraceMs,
    };
    const command = upgrade.query.getAll('command');
    const outcome =
      kind === 'exec'
        ? await runRemote(client, {
            ...run,
            what: 'executing command in container',
            start: async (streams) =>
              runtime.execStream(await this.#running(pod.metadata.uid, path.container), {
                command,
                ...streams,
              }),
          })
        : await runRemote(client, {
            ...run,
            what: 'attaching to container',
            // The runtime knows about the terminal; saying so again is for those that cannot have one.
            start: async ({ tty: _, ...streams }) =>
              runtime.attach(await this.#running(pod.metadata.uid, path.container), {
                ...streams,
                ...(tty && { tty }),
              }),
          });
    log.debug({ kind, pod: path.pod, container: path.container, outcome }, 'a session has ended');
  }

  async #accept(wanted: WantedStreams, upgrade: UpgradeRequest): Promise<RemoteClient | undefined> {
    const { request, socket, head } = upgrade;
    const { streamIdleTimeoutMs: idleTimeoutMs, streamsTimeoutMs } = this.settings;
    switch (upgradeKind(request)) {
      case 'websocket': {
        checkSubprotocols(request, REMOTE_SUBPROTOCOLS);
        const webSocket = await new Promise<WebSocket | undefined>((resolve) => {
          socket.once('close', () => resolve(undefined));
          this.#webSockets.handleUpgrade(request, socket, head, resolve);
        });
        return webSocket && acceptWebSocket(webSocket, wanted, idleTimeoutMs);
      }
      case 'spdy': {
        const protocol = negotiateSpdy(request, SPDY_PROTOCOLS);
        if (head.length > 0) socket.unshift(head);
        socket.write(spdyAccepted(protocol));
        return acceptSpdy(socket, wanted, { protocol, idleTimeoutMs, streamsTimeoutMs }).catch((error) => {
          this.source.log.debug({ error: errorText(error) }, 'a session did not begin');
          return undefined;
        });
      }
      default:
        throw missingUpgrade(request);
    }
  }

  /** The newest running instance of a container. @throws {ContainerNotRunningError} */
  async #running(uid: string, name: string): Promise<string> {
    const instances = (await this.source.runtime.listContainers(uid)).filter(
      (one: Container) => one.name === name && one.state === 'running',
    );
    const newest = instances.sort((a, b) => b.createdAt - a.createdAt)[0];
    if (!newest) throw new ContainerNotRunningError(name);
    return newest.id;
  }
}

/** As a kubelet answers a plain request for a stream. */
export function missingUpgrade({ headers }: IncomingMessage): HttpProblem {
  const shown = Object.entries(headers).map(([name, value]) => `${name}:[${String(value)}]`);
  return new HttpProblem(
    400,
    `unable to upgrade: missing upgrade headers in request: map[${shown.join(' ')}]`,
  );
}
