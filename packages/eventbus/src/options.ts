import type { CloudLink } from '@edgecore/api';
import type { Store } from '@edgecore/store';
import { InvalidEventBusOptionError } from './errors.js';
import { parseServerUrl, type ServerUrl } from './server-url.js';

/** Which brokers are used: the one in this process, an external one, or both (`mqttMode` 0, 2, 1). */
export type EventBusMode = 'internal' | 'both' | 'external';

/** PEM files towards the external broker. */
export interface ExternalTls {
  /** The broker's certificate is verified against these. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** PEM files of the embedded broker, for `tls://` and `wss://`. */
export interface InternalTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** Clients must show a certificate signed by one of these. Default: none is asked for. */
  readonly clientCaFile?: string;
}

/** Options of {@link EventBus}. */
export interface EventBusOptions {
  /** Where uploads, subscriptions of the cloud and sessions of the embedded broker are kept. */
  readonly store: Store;
  /** The link to the cloud: uploads go up while it is connected. */
  readonly link: CloudLink;
  /** Name of the node: part of a topic. */
  readonly nodeName: string;
  /** Default `external`. */
  readonly mode?: EventBusMode;
  /** Where the embedded broker listens: `tcp`, `tls`, `ws` or `wss`; port 0 takes a free one. Default `tcp://127.0.0.1:1884`. */
  readonly internalServer?: string;
  /** The external broker: `tcp`, `ssl`, `ws` or `wss`. Default `tcp://127.0.0.1:1883`. */
  readonly externalServer?: string;
  /** QoS of publishes to the embedded broker. Default 0. */
  readonly qos?: 0 | 1 | 2;
  /** Retain flag of publishes to the embedded broker. Default false. */
  readonly retain?: boolean;
  /** Embedded broker: messages kept for one session that is away or behind; the oldest go. Default 100. */
  readonly sessionQueueSize?: number;
  /** Embedded broker: the same in bytes. Default 4 MiB. */
  readonly sessionQueueBytes?: number;
  /** Embedded broker: sessions kept for clients that are away; the longest unseen go. Default 1000. */
  readonly maxSessions?: number;
  /** Embedded broker: topics with a retained message; more are refused. Default 10 000. */
  readonly maxRetained?: number;
  /** Embedded broker: bytes that wait for one subscriber that does not read; what is more is dropped. Default 4 MiB. */
  readonly subscriberBufferBytes?: number;
  /** Embedded broker: a subscriber that took nothing in this time is disconnected. Default 5000. */
  readonly drainTimeoutMs?: number;
  /** Embedded broker: the user its clients must be. Default `''`: anybody. */
  readonly internalUsername?: string;
  /** Embedded broker: that user's password. */
  readonly internalPassword?: string;
  /** Embedded broker: needed for `tls://` and `wss://`. */
  readonly internalTls?: InternalTls;
  /** External broker: user. Default `''`: none. */
  readonly username?: string;
  /** External broker: password; only sent with a user. */
  readonly password?: string;
  /** External broker: client id of the subscribing connection. Default `''`: a new one. */
  readonly subClientId?: string;
  /** External broker: client id of the publishing connection. Default `''`: a new one. */
  readonly pubClientId?: string;
  /** External broker: verify it, and show a certificate. Without it nothing is verified. Default: off. */
  readonly tls?: ExternalTls | undefined;
  /** Tell applications on the topic `node/connection` that the cloud came or went. Default true. */
  readonly connectionTopic?: boolean;
  /** External broker: publishes that wait for it; the oldest go. Default 10 000. */
  readonly queueMessages?: number;
  /** External broker: the same in bytes. Default 64 MiB. */
  readonly queueBytes?: number;
  /** Ignore retained reports on `…/twin/update` an external broker delivers with each subscription. Default false. */
  readonly suppressRetained?: boolean;
  /** Larger messages are not taken in. Default 1 MiB. */
  readonly maxPayloadBytes?: number;
  /** Uploads kept until the cloud is there; the oldest go. Default 10 000. */
  readonly uploadMessages?: number;
  /** The same in bytes. Default 64 MiB. */
  readonly uploadBytes?: number;
  /** Wait for devicetwin's answer before a message is refused. Default 30 000. */
  readonly twinTimeoutMs?: number;
  /** Between tries to reach the external broker, or to listen. Default 5000. */
  readonly retryMs?: number;
  /** External broker: a publish not acknowledged in this time ends the connection, and is sent again. Default 120 000. */
  readonly ackTimeoutMs?: number;
  /** Told when the embedded broker listens; the port may have been 0. */
  readonly onListening?: (endpoint: Endpoint) => void;
}

/** Where the embedded broker can be reached. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** For MQTT clients: `mqtt://127.0.0.1:1884`, `mqtts://…`, `ws://…`, `wss://…`. */
  readonly url: string;
}

export interface ResolvedOptions
  extends Omit<
    Required<EventBusOptions>,
    'internalServer' | 'externalServer' | 'internalTls' | 'onListening' | 'tls'
  > {
  readonly internalServer: ServerUrl;
  readonly externalServer: ServerUrl;
  readonly internalTls: InternalTls | undefined;
  readonly tls: ExternalTls | undefined;
  readonly onListening: ((endpoint: Endpoint) => void) | undefined;
}

const MIB = 1024 * 1024;

/** Fills in the defaults. @throws {InvalidEventBusOptionError} naming the option. */
export function resolveOptions(options: EventBusOptions): ResolvedOptions {
  const mode = options.mode ?? 'external';
  if (!['internal', 'both', 'external'].includes(mode)) {
    throw new InvalidEventBusOptionError('mode', `"${mode}" is not internal, both or external`);
  }
  const qos = options.qos ?? 0;
  if (![0, 1, 2].includes(qos)) throw new InvalidEventBusOptionError('qos', `${qos} is not 0, 1 or 2`);
  if (options.nodeName === '') throw new InvalidEventBusOptionError('nodeName', 'must not be empty');
  const count = (name: keyof EventBusOptions, fallback: number): number => {
    const value = (options[name] as number | undefined) ?? fallback;
    if (value >= 1) return value;
    throw new InvalidEventBusOptionError(name, `${value} is not at least 1`);
  };
  const internalServer = parseServerUrl('internalServer', options.internalServer ?? 'tcp://127.0.0.1:1884');
  if (mode !== 'external' && internalServer.secure && !options.internalTls) {
    throw new InvalidEventBusOptionError(
      'internalTls',
      `needed for ${internalServer.text}: name a certificate and its key`,
    );
  }
  return {
    store: options.store,
    link: options.link,
    nodeName: options.nodeName,
    mode,
    internalServer,
    externalServer: parseServerUrl('externalServer', options.externalServer ?? 'tcp://127.0.0.1:1883'),
    qos,
    retain: options.retain ?? false,
    sessionQueueSize: count('sessionQueueSize', 100),
    sessionQueueBytes: count('sessionQueueBytes', 4 * MIB),
    maxSessions: count('maxSessions', 1000),
    maxRetained: count('maxRetained', 10_000),
    subscriberBufferBytes: count('subscriberBufferBytes', 4 * MIB),
    drainTimeoutMs: count('drainTimeoutMs', 5000),
    internalUsername: options.internalUsername ?? '',
    internalPassword: options.internalPassword ?? '',
    internalTls: options.internalTls,
    username: options.username ?? '',
    password: options.password ?? '',
    subClientId: options.subClientId ?? '',
    pubClientId: options.pubClientId ?? '',
    tls: options.tls,
    connectionTopic: options.connectionTopic ?? true,
    queueMessages: count('queueMessages', 10_000),
    queueBytes: count('queueBytes', 64 * MIB),
    suppressRetained: options.suppressRetained ?? false,
    maxPayloadBytes: count('maxPayloadBytes', MIB),
    uploadMessages: count('uploadMessages', 10_000),
    uploadBytes: count('uploadBytes', 64 * MIB),
    twinTimeoutMs: count('twinTimeoutMs', 30_000),
    retryMs: count('retryMs', 5000),
    ackTimeoutMs: count('ackTimeoutMs', 120_000),
    onListening: options.onListening,
  };
}
