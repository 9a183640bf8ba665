import { type CloudProfileSetting, parseCloudProfile } from '@edgecore/api';
import type { Transport } from '@edgecore/viaduct';
import type { BackoffOptions } from './backoff.js';
import type { TokenSource } from './certificates/token-source.js';
import { type Clock, systemClock } from './clock.js';
import { InvalidOptionError } from './errors.js';
import type { RateLimit } from './outbound/rate-limiter.js';

/** Options of {@link EdgeHub}. */
export interface EdgeHubOptions {
  /** Name of the node in the cluster; no default. */
  readonly nodeName: string;
  /** `host:port` of CloudHub's WebSocket server; no default. */
  readonly server: string;
  /** `https://<host>:<port>` of CloudCore's certificate service; no default. */
  readonly httpServer: string;
  /** First part of the dialled path. Default (also for `''`) `e632aba927ea4ac2b575ec1603d56f10`. */
  readonly projectId?: string;
  /** PEM file of the cloud's CA. Default `/etc/kubeedge/ca/rootCA.crt`. */
  readonly tlsCaFile?: string;
  /** PEM file of the node's certificate. Default `/etc/kubeedge/certs/server.crt`. */
  readonly tlsCertFile?: string;
  /** PEM file of the node's private key. Default `/etc/kubeedge/certs/server.key`. */
  readonly tlsPrivateKeyFile?: string;
  /** Join token, or a function asked for one when it is needed. Default: none. */
  readonly token?: TokenSource;
  /** Called after a certificate was obtained with the token, so that it can be taken out of the configuration. */
  readonly onTokenUsed?: () => void | Promise<void>;
  /** Which cloud is at the other end; `auto` finds out after each connect. Default `auto`. */
  readonly cloudProfile?: CloudProfileSetting;
  /** Keepalive and ping period, below 30 000 ms or the cloud ends the session. Default 15 000. */
  readonly heartbeatMs?: number;
  /** Dialling, TLS and upgrade together. Default 30 000. */
  readonly handshakeTimeoutMs?: number;
  /** A write not taken in this time ends the connection. Default 15 000. */
  readonly writeTimeoutMs?: number;
  /** Nothing from the cloud for this long ends the connection. Default 2 × heartbeatMs + 15 000. */
  readonly livenessTimeoutMs?: number;
  /** Messages per second to the cloud; keepalives and acknowledgements not counted; 0 means 30. Default: no limit. */
  readonly messageQps?: number;
  /** Messages at once after a pause; 0 means 60. Default 60 when `messageQps` is given. */
  readonly messageBurst?: number;
  /** Renew the certificate before it expires, where the cloud can. Default true. */
  readonly rotateCertificates?: boolean;
  /** Most messages waiting to be sent. Default 10 000. */
  readonly queueMessages?: number;
  /** Most bytes waiting to be sent. Default 64 MiB. */
  readonly queueBytes?: number;
  /** Largest message either way. Default 128 MiB. */
  readonly maxMessageBytes?: number;
  /** Messages modules have no room for before the socket is left unread. Default 64. */
  readonly maxWaitingDispatches?: number;
  /** Waits between connections: 1500 ms doubling to 60 000, ± 20 %, anew after a connection of 60 000 ms. */
  readonly backoff?: Partial<BackoffOptions & { readonly stableMs: number }>;
  /** Waits between tries to get a certificate: 2000 ms doubling to 60 000, ± 20 %. */
  readonly certificateBackoff?: Partial<BackoffOptions>;
  /** One request to the certificate service. Default 30 000. */
  readonly httpTimeoutMs?: number;
  /** Wait for the answer to each of two profile queries. Default 10 000. */
  readonly probeTimeoutMs?: number;
  /** A request the cloud must answer counts as lost after this; four in a row end the connection. Default 30 000. */
  readonly answerTimeoutMs?: number;
  /** A request of a module is forgotten after this; longer than any module waits. Default 120 000. */
  readonly requestMaxAgeMs?: number;
  /**
   * False dials `ws://` without certificates, gets none and renews none: only
   * for transports inside this process, CloudCore refuses it. Default true.
   */
  readonly useTls?: boolean;
  /** Default: WebSocket over TLS. */
  readonly transport?: Transport;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Uniform in [0, 1), for jitter. Default `Math.random`. */
  readonly random?: () => number;
}

export interface ResolvedOptions
  extends Omit<
    Required<EdgeHubOptions>,
    | 'httpServer'
    | 'token'
    | 'onTokenUsed'
    | 'messageQps'
    | 'messageBurst'
    | 'backoff'
    | 'certificateBackoff'
    | 'transport'
  > {
  readonly httpServer: URL;
  readonly token: TokenSource | undefined;
  readonly onTokenUsed: (() => void | Promise<void>) | undefined;
  readonly rateLimit: RateLimit | undefined;
  /** `undefined`: WebSocket, with the module's log. */
  readonly transport: Transport | undefined;
  readonly backoff: BackoffOptions & { readonly stableMs: number };
  readonly certificateBackoff: BackoffOptions;
  /** For the log, once the module runs. */
  readonly warnings: readonly string[];
}

const MIB = 1024 * 1024;
const DEFAULT_PROJECT = 'e632aba927ea4ac2b575ec1603d56f10';
/** The cloud ends a session this long after the last keepalive (wire.md §5.3). */
const CLOUD_TIMEOUT_MS = 30_000;

/** Fills in the defaults. @throws {InvalidOptionError} naming the option. */
export function resolveOptions(options: EdgeHubOptions): ResolvedOptions {
  const warnings: string[] = [];
  const heartbeatMs = options.heartbeatMs ?? 15_000;
  if (!(heartbeatMs > 0 && heartbeatMs < CLOUD_TIMEOUT_MS)) {
    throw new InvalidOptionError(
      'heartbeatMs',
      `${heartbeatMs} is not above 0 and below ${CLOUD_TIMEOUT_MS}; the cloud ends a session ${CLOUD_TIMEOUT_MS} ms after the last keepalive`,
    );
  }
  return {
    nodeName: checkNodeName(options.nodeName),
    server: checkServer(options.server),
    httpServer: checkHttpServer(options.httpServer),
    projectId: options.projectId || DEFAULT_PROJECT,
    tlsCaFile: options.tlsCaFile ?? '/etc/kubeedge/ca/rootCA.crt',
    tlsCertFile: options.tlsCertFile ?? '/etc/kubeedge/certs/server.crt',
    tlsPrivateKeyFile: options.tlsPrivateKeyFile ?? '/etc/kubeedge/certs/server.key',
    token: options.token,
    onTokenUsed: options.onTokenUsed,
    cloudProfile: checkProfile(options.cloudProfile),
    heartbeatMs,
    handshakeTimeoutMs: positive('handshakeTimeoutMs', options.handshakeTimeoutMs, 30_000),
    writeTimeoutMs: positive('writeTimeoutMs', options.writeTimeoutMs, 15_000),
    livenessTimeoutMs: positive('livenessTimeoutMs', options.livenessTimeoutMs, 2 * heartbeatMs + 15_000),
    rateLimit: rateLimit(options, warnings),
    rotateCertificates: options.rotateCertificates ?? true,
    queueMessages: positive('queueMessages', options.queueMessages, 10_000),
    queueBytes: positive('queueBytes', options.queueBytes, 64 * MIB),
    maxMessageBytes: positive('maxMessageBytes', options.maxMessageBytes, 128 * MIB),
    maxWaitingDispatches: positive('maxWaitingDispatches', options.maxWaitingDispatches, 64),
    backoff: { initialMs: 1500, maxMs: 60_000, jitter: 0.2, stableMs: 60_000, ...options.backoff },
    certificateBackoff: { initialMs: 2000, maxMs: 60_000, jitter: 0.2, ...options.certificateBackoff },
    httpTimeoutMs: positive('httpTimeoutMs', options.httpTimeoutMs, 30_000),
    probeTimeoutMs: positive('probeTimeoutMs', options.probeTimeoutMs, 10_000),
    answerTimeoutMs: positive('answerTimeoutMs', options.answerTimeoutMs, 30_000),
    requestMaxAgeMs: positive('requestMaxAgeMs', options.requestMaxAgeMs, 120_000),
    useTls: options.useTls ?? true,
    transport: options.transport,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    warnings,
  };
}

function checkNodeName(nodeName: string): string {
  if (nodeName === '') throw new InvalidOptionError('nodeName', 'must not be empty');
  // It becomes part of a URL path, of headers and of resource strings.
  if (!/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(nodeName)) {
    throw new InvalidOptionError('nodeName', `"${nodeName}" is not a node name (letters, digits, "-", ".")`);
  }
  return nodeName;
}

function checkServer(server: string): string {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):(\d{1,5})$/.exec(server);
  const port = Number(match?.[2]);
  if (match && port > 0 && port < 65_536) return server;
  throw new InvalidOptionError(
    'server',
    `"${server}" is not <host>:<port>, for example cloud.example.com:10000`,
  );
}

function checkHttpServer(httpServer: string): URL {
  const url = URL.canParse(httpServer) ? new URL(httpServer) : undefined;
  if (url?.protocol === 'https:') return url;
  throw new InvalidOptionError(
    'httpServer',
    `"${httpServer}" is not an https URL, for example https://cloud.example.com:10002`,
  );
}

function checkProfile(profile: CloudProfileSetting = 'auto'): CloudProfileSetting {
  try {
    return parseCloudProfile(profile);
  } catch (error) {
    throw new InvalidOptionError('cloudProfile', (error as Error).message);
  }
}

function rateLimit(options: EdgeHubOptions, warnings: string[]): RateLimit | undefined {
  const read = (name: 'messageQps' | 'messageBurst', fallback: number): number => {
    const value = options[name] ?? fallback;
    if (value > 0) return value;
    if (value === 0) {
      warnings.push(`${name} is 0, which would let no message through; ${fallback} is used`);
      return fallback;
    }
    throw new InvalidOptionError(name, `${value} must not be a negative number`);
  };
  const burst = read('messageBurst', 60);
  const qps = read('messageQps', 30);
  return options.messageQps === undefined ? undefined : { qps, burst };
}

function positive(name: string, value: number | undefined, fallback: number): number {
  const chosen = value ?? fallback;
  if (chosen > 0) return chosen;
  throw new InvalidOptionError(name, `${chosen} is not above 0`);
}
