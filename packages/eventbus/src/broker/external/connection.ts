import { randomBytes } from 'node:crypto';
import type { IClientOptions, MqttClient } from 'mqtt';
import type { ResolvedOptions } from '../../options.js';
import { readExternalTls } from '../../tls-files.js';

/** `hub-client-sub-…` subscribes, `hub-client-pub-…` publishes (eventbus.md §2). */
export type Role = 'sub' | 'pub';

export type ExternalOptions = Pick<
  ResolvedOptions,
  'externalServer' | 'subClientId' | 'pubClientId' | 'username' | 'password' | 'tls' | 'retryMs'
>;

const KEEPALIVE_S = 30;
const CONNECT_TIMEOUT_MS = 30_000;

/** Connects in the background, again and again. The library is loaded here: nodes without an external broker never do. */
export async function connect(role: Role, options: ExternalOptions): Promise<MqttClient> {
  // Its default alone: in a bundle a CommonJS package loaded like this has no other export.
  const { default: mqtt } = await import('mqtt');
  const { protocol, host, port, path } = options.externalServer;
  const client = mqtt.connect({
    ...clientOptions(role, options),
    protocol,
    host,
    hostname: host,
    port,
    path,
  });
  // Certificates of a node are renewed: a new connection uses the files as they are then.
  client.on('reconnect', () => Object.assign(client.options, tlsOptions(options)));
  return client;
}

function clientOptions(role: Role, options: ExternalOptions): IClientOptions {
  const given = role === 'sub' ? options.subClientId : options.pubClientId;
  const { username, password } = options;
  return {
    clientId: given || generatedClientId(role),
    clean: true,
    protocolVersion: 4,
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: options.retryMs,
    // A password may be corrected at the broker, too.
    reconnectOnConnackError: true,
    // Subscriptions are ours: they change while there is no connection.
    resubscribe: false,
    ...(username === '' ? {} : { username, password }),
    ...tlsOptions(options),
  };
}

/** Without TLS files nothing is verified, whatever the URL says (eventbus.md §2). */
function tlsOptions({ tls, externalServer }: ExternalOptions): IClientOptions {
  if (!externalServer.secure) return {};
  if (!tls) return { rejectUnauthorized: false };
  try {
    const { ca, cert, key } = readExternalTls(tls);
    return { ca: ca!, cert, key, rejectUnauthorized: true };
  } catch {
    // They were readable at the start; while they are being replaced the old ones do.
    return {};
  }
}

/** Two edges that start in the same second must not push each other out: seconds alone are not enough. */
function generatedClientId(role: Role): string {
  const seconds = Math.floor(Date.now() / 1000);
  return `hub-client-${role}-${seconds}-${randomBytes(4).toString('hex')}`;
}
