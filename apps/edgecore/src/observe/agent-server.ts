import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { EdgeCoreError, errorText, type Logger } from '@edgecore/api';
import { isTaken, listenOnSocket, type SocketFile } from '@edgecore/viaduct';
import type { AgentStatus, HealthCheck } from './agent-status.js';
import { answerDevices, isDeviceRoute } from './device-routes.js';
import type { DeviceSource } from './device-source.js';

/** Where the agent's own HTTP interface gets its answers from. */
export interface AgentSource {
  liveness(): HealthCheck[];
  readiness(): HealthCheck[];
  status(): Promise<AgentStatus>;
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface AgentServerOptions {
  /** Unix socket, mode 0600. */
  readonly socket: string;
  /** Loopback TCP port besides it; 0 is none. */
  readonly port: number;
  /** The devices of this node; absent when the device module is off. */
  readonly devices?: DeviceSource | undefined;
  readonly log: Logger;
}

/** The agent's own interface cannot be opened; the text says what to change. */
export class AgentServerError extends EdgeCoreError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_AGENT_SERVER', message, options);
  }
}

/** `/healthz`, `/readyz`, `/metrics`, `/status` and `/devices`, for this machine only. */
export class AgentServer {
  readonly #servers: Server[] = [];
  #file: SocketFile | undefined;

  /** @throws {AgentServerError} when the socket or the port is taken. */
  static async listen(
    source: AgentSource,
    { socket, port, devices, log }: AgentServerOptions,
  ): Promise<AgentServer> {
    const server = new AgentServer(source, devices, log);
    let place: Place = { where: socket, key: 'edgecoreTs.status.socket' };
    try {
      await server.#open(async (http) => {
        server.#file = await listenOnSocket(http, socket, { mode: 0o600 });
      });
      if (port > 0) {
        place = { where: `127.0.0.1:${port}`, key: 'edgecoreTs.status.port' };
        await server.#open(async (http) => {
          http.listen(port, '127.0.0.1');
          await once(http, 'listening');
        });
      }
    } catch (cause) {
      await server.close();
      throw new AgentServerError(advice(place, cause), { cause });
    }
    return server;
  }

  private constructor(
    private readonly source: AgentSource,
    private readonly devices: DeviceSource | undefined,
    private readonly log: Logger,
  ) {}

  async close(): Promise<void> {
    await this.#file?.remove();
    for (const server of this.#servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  async #open(listen: (server: Server) => Promise<void>): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response));
    this.#servers.push(server);
    await listen(server);
    // Too many open files, say: requests wait, the agent goes on.
    server.on('error', (error) =>
      this.log.warn({ error: errorText(error) }, "the agent's own interface had trouble"),
    );
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.method !== 'GET') return send(response, 405, 'text/plain', 'only GET\n');
      const url = new URL(request.url ?? '/', 'http://agent');
      const path = url.pathname;
      if (path === '/healthz') return sendChecks(response, this.source.liveness());
      if (path === '/readyz') return sendChecks(response, this.source.readiness());
      if (path === '/status') {
        const status: AgentStatus = {
          ...(await this.source.status()),
          ...(this.devices ? { devices: this.devices.counts() } : {}),
        };
        return send(response, 200, 'application/json', `${JSON.stringify(status, null, 2)}\n`);
      }
      if (path === '/metrics') {
        const { contentType, text } = await this.source.metrics();
        return send(response, 200, contentType, text);
      }
      if (isDeviceRoute(path)) {
        const answer = answerDevices(this.devices, url, response);
        if (answer) send(response, answer.status, answer.type, answer.body);
        return;
      }
      send(response, 404, 'text/plain', 'there are /healthz, /readyz, /metrics, /status and /devices\n');
    } catch (error) {
      this.log.warn({ err: error, path: request.url }, 'the agent could not answer a request for its state');
      send(response, 500, 'text/plain', `${errorText(error)}\n`);
    }
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

function sendChecks(response: ServerResponse, checks: readonly HealthCheck[]): void {
  const failing = checks.filter(({ ok }) => !ok);
  const lines = checks.map(
    ({ name, ok, reason }) => `[${ok ? '+' : '-'}]${name}${ok ? '' : `: ${reason ?? 'not ready'}`}\n`,
  );
  send(
    response,
    failing.length === 0 ? 200 : 503,
    'text/plain',
    failing.length === 0 ? 'ok\n' : lines.join(''),
  );
}

/** Where to listen, and the configuration key that says so. */
interface Place {
  readonly where: string;
  readonly key: string;
}

function advice({ where, key }: Place, error: unknown): string {
  return isTaken(error)
    ? `cannot listen on ${where}: something else is using it, another agent perhaps; end that, or choose another place (${key})`
    : `cannot listen on ${where}: choose another place (${key})`;
}
