import { request } from 'node:http';
import { readBody } from '../bounded-body.js';

const TIMEOUT_MS = 10_000;
const BODY_LIMIT_BYTES = 4 * 1_048_576;

export interface EngineCall {
  readonly method?: 'GET' | 'POST';
  /** With query. */
  readonly path: string;
  readonly body?: Buffer;
  readonly timeoutMs?: number;
}

/** Docker's API in this environment: `DOCKER_HOST` counts as for Docker's own client. */
export function dockerEndpointOf(env: Readonly<Record<string, string | undefined>>): string {
  const host = env['DOCKER_HOST'] ?? '';
  if (host.startsWith('tcp://')) return host;
  return host.startsWith('unix://') ? host.slice('unix://'.length) : '/var/run/docker.sock';
}

/**
 * One request to a Docker engine; resolves with the body.
 * @param endpoint a socket path or `tcp://host:port`.
 * @throws with the engine's own text for a status of 400 or more.
 */
export function engineRequest(endpoint: string, call: EngineCall): Promise<string> {
  const { method = 'GET', path, body, timeoutMs = TIMEOUT_MS } = call;
  const headers = body ? { 'Content-Type': 'application/x-tar', 'Content-Length': body.length } : {};
  return new Promise((resolve, reject) => {
    const options = { ...where(endpoint), method, path, headers, timeout: timeoutMs, agent: false };
    const sent = request(options, (response) => {
      readBody(response, { limitBytes: BODY_LIMIT_BYTES, whose: "the engine's" }).then((body) => {
        const text = body.toString('utf8');
        if ((response.statusCode ?? 500) < 400) resolve(text);
        else reject(new Error(`the engine answered ${response.statusCode}: ${text.trim().slice(0, 300)}`));
      }, reject);
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    sent.on('error', reject);
    sent.end(body);
  });
}

function where(endpoint: string) {
  if (!endpoint.startsWith('tcp://')) return { socketPath: endpoint };
  const { hostname, port } = new URL(endpoint);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 2375) };
}
