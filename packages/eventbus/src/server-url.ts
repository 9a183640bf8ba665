import { InvalidEventBusOptionError } from './errors.js';

/** An address of a broker taken apart. */
export interface ServerUrl {
  /** As it was given. */
  readonly text: string;
  /** What MQTT clients call it. */
  readonly protocol: 'mqtt' | 'mqtts' | 'ws' | 'wss';
  /** TLS is spoken. */
  readonly secure: boolean;
  /** Without the brackets of IPv6. */
  readonly host: string;
  readonly port: number;
  /** Of WebSockets; `/` when there is none. */
  readonly path: string;
}

/** Upstream's scheme words and ours. */
const PROTOCOLS: Readonly<Record<string, ServerUrl['protocol']>> = {
  tcp: 'mqtt',
  mqtt: 'mqtt',
  ssl: 'mqtts',
  tls: 'mqtts',
  mqtts: 'mqtts',
  ws: 'ws',
  wss: 'wss',
};

const DEFAULT_PORTS = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 } as const;

/** @throws {InvalidEventBusOptionError} when it is not `<scheme>://<host>[:<port>]`. */
export function parseServerUrl(option: string, text: string): ServerUrl {
  const match = /^([a-z]+):\/\/(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+)(?::(\d{1,5}))?(\/\S*)?$/.exec(text);
  const protocol = PROTOCOLS[match?.[1] ?? ''];
  if (!match || !protocol) {
    throw new InvalidEventBusOptionError(
      option,
      `"${text}" is not <scheme>://<host>:<port> with tcp, ssl, tls, mqtt, mqtts, ws or wss`,
    );
  }
  const port = match[3] === undefined ? DEFAULT_PORTS[protocol] : Number(match[3]);
  if (port > 65_535) throw new InvalidEventBusOptionError(option, `port ${port} of "${text}" is above 65535`);
  return {
    text,
    protocol,
    secure: protocol === 'mqtts' || protocol === 'wss',
    host: match[2]!.replace(/^\[|\]$/g, ''),
    port,
    path: match[4] ?? '/',
  };
}
