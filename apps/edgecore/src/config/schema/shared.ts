import { bool, int32, requiredSection, type Section, strings, text, uint8 } from './field.js';

/** Where the certificates are, in every section that names them. */
export const CA_FILE = '/etc/kubeedge/ca/rootCA.crt';
export const CERT_FILE = '/etc/kubeedge/certs/server.crt';
export const KEY_FILE = '/etc/kubeedge/certs/server.key';

const ONE_DATABASE = 'the database is one SQLite file; only dataSource matters';

export const database = requiredSection({
  driverName: text('sqlite3', { unused: ONE_DATABASE }),
  aliasName: text('default', { unused: ONE_DATABASE }),
  dataSource: text('/var/lib/kubeedge/edgecore.db', { min: true }),
});

/** The timeouts of a hub protocol, in seconds. */
const deadlines = (min: boolean) => ({
  handshakeTimeout: int32(30, { min }),
  readDeadline: int32(15, {
    min,
    unused: 'a dead link is found by pings (both upstream programs ignore it too)',
  }),
  writeDeadline: int32(15, { min }),
});

export const websocket = requiredSection({
  enable: bool(true, { min: true }),
  ...deadlines(true),
  server: text(({ localIp }) => `${localIp}:10000`, { min: true }),
});

/**
 * Refused when enabled (L5), so the other keys never matter and nothing is
 * said of them. `showSwitch`: 2020 leaves `enable: false` out.
 */
export function quic(showSwitch: boolean): Section {
  return requiredSection({
    enable: bool(false, { hidden: !showSwitch }),
    handshakeTimeout: int32(30),
    readDeadline: int32(15),
    writeDeadline: int32(15),
    server: text(({ localIp }) => `${localIp}:10001`),
  });
}

export const edgeHubFields = {
  heartbeat: int32(15, { min: true }),
  projectID: text('e632aba927ea4ac2b575ec1603d56f10'),
  tlsCaFile: text(CA_FILE, { min: true }),
  tlsCertFile: text(CERT_FILE, { min: true }),
  tlsPrivateKeyFile: text(KEY_FILE, { min: true }),
  token: text('', { min: true, secret: true }),
  httpServer: text(({ localIp }) => `https://${localIp}:10002`, { min: true }),
  websocket,
} as const;

export const eventBusFields = {
  mqttQOS: uint8(0, { min: true }),
  mqttRetain: bool(false, { min: true }),
  mqttSessionQueueSize: int32(100),
  mqttServerInternal: text('tcp://127.0.0.1:1884', { min: true }),
  mqttServerExternal: text('tcp://127.0.0.1:1883', { min: true }),
  mqttMode: int32(2, { min: true }),
} as const;

/** Broker credentials and TLS: later than 2020, accepted in every v1alpha1 file. */
export function brokerAccess({ hidden }: { hidden: boolean }): Section['fields'] {
  const min = { min: !hidden, hidden };
  const full = { hidden };
  return {
    mqttSubClientID: text('', min),
    mqttPubClientID: text('', min),
    mqttUsername: text('', min),
    mqttPassword: text('', { ...min, secret: true }),
    eventBusTLS: {
      ...requiredSection({
        enable: bool(false, full),
        tlsMqttCAFile: text(CA_FILE, full),
        tlsMqttCertFile: text(CERT_FILE, full),
        tlsMqttPrivateKeyFile: text(KEY_FILE, full),
      }),
      required: false,
    },
  };
}

export function metaServer({ hidden }: { hidden: boolean }): Section {
  const o = { hidden };
  return {
    ...requiredSection({
      enable: bool(false, o),
      server: text('127.0.0.1:10550', o),
      dummyServer: text('169.254.30.10:10550', o),
      tlsCaFile: text(CA_FILE, o),
      tlsCertFile: text(CERT_FILE, o),
      tlsPrivateKeyFile: text(KEY_FILE, o),
      serviceAccountIssuers: strings(['https://kubernetes.default.svc.cluster.local'], o),
      apiAudiences: strings(null, o),
      serviceAccountKeyFiles: strings(null, o),
    }),
    required: !hidden,
  };
}

/**
 * A limit on reading would end the tunnel while today's cloud is silent, two
 * minutes after the dial; one on writing would end every session of the tunnel
 * for one slow link. Files of both programs hold these keys and nothing obeys them.
 */
const TUNNEL_DEADLINE =
  'a dead tunnel is found by pings, a slow one slows its sessions down (both upstream programs ignore it too)';

export function edgeStream(server: string): Section {
  return requiredSection({
    enable: bool(false),
    tlsTunnelCAFile: text(CA_FILE),
    tlsTunnelCertFile: text(CERT_FILE),
    tlsTunnelPrivateKeyFile: text(KEY_FILE),
    handshakeTimeout: int32(30),
    readDeadline: int32(15, { unused: TUNNEL_DEADLINE }),
    writeDeadline: int32(15, { unused: TUNNEL_DEADLINE }),
    server: text(server),
  });
}

export const edgeMeshFields = {
  enable: bool(true),
  lbStrategy: text('RoundRobin'),
  listenInterface: text('docker0'),
  subNet: text('9.251.0.0/16'),
  listenPort: int32(40001),
} as const;
