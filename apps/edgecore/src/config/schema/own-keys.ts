import { bool, duration, field, int32, int64, section, strings, text } from './field.js';

const o = { hidden: true };

/**
 * The keys only this program knows, all below the top-level `edgecoreTs`,
 * which the Go agents ignore (config.md L10).
 */
export const edgecoreTs = section({
  // Text, so that YAML's integer 2020 is taken too (L2).
  cloudProfile: text(undefined, o),
  edgeHub: section({
    queueMessages: int32(10_000, o),
    queueBytes: int64(67_108_864, o),
  }),
  edged: section({
    runtime: text('auto', o),
    /** Name of this agent where several share one container engine. */
    instance: text('', o),
    /** Instead of the places the format gives, and for v1alpha1, which cannot name any. */
    rootDirectory: text('', o),
    podLogsDir: text('', o),
    staticPodPath: text('', o),
    /** False: edged's HTTP API is on its socket only; the port is told to the cloud nevertheless. */
    listenHttp: bool(true, o),
    csi: section({
      /** Carries out the cloud's controller calls, which name no driver. */
      controllerDriver: text('csi-hostpath', o),
      /** Those with `attachRequired: false`, which the edge cannot ask for. */
      driversWithoutAttach: strings([], o),
    }),
  }),
  deviceTwin: section({
    expectedConflict: text('edge', o),
    localCloudUpdated: bool(false, o),
    desiredAsExpected: bool(false, o),
    reportMinInterval: duration('0s', o),
  }),
  eventBus: section({
    connectionTopic: bool(true, o),
    queueMessages: int32(10_000, o),
    queueBytes: int64(67_108_864, o),
    suppressRetained: bool(false, o),
    /** Whom the embedded broker lets in; nobody is asked when it is empty. */
    internalUsername: text('', o),
    internalPassword: text('', { ...o, secret: true }),
    /** For `tls://` and `wss://` of mqttServerInternal. */
    internalTLS: section({
      certFile: text('', o),
      keyFile: text('', o),
      clientCAFile: text('', o),
    }),
  }),
  serviceBus: section({
    plainBody: bool(false, o),
    allowPorts: field('objects', undefined, o),
    denyPorts: field('objects', undefined, o),
    targets: field('objects', undefined, o),
    maxConcurrent: int32(64, o),
    checkOrigin: bool(true, o),
    callTimeout: duration('10s', o),
  }),
  edgeStream: section({
    verifyServer: text('ca', o),
  }),
  edgeMesh: section({
    source: text('auto', o),
    intercept: text('dnat', o),
    dnsListenPort: int32(53, o),
    clusterDomain: text('cluster.local', o),
    upstreamDNS: strings([], o),
    manageResolvConf: bool(false, o),
    serviceFilterMode: text('FilterIfLabelExists', o),
    podNetwork: text('hostPort', o),
  }),
  dbTest: section({
    address: text('127.0.0.1', o),
    port: int32(12_345, o),
  }),
  /** The agent's own status socket and optional TCP listener. */
  status: section({
    socket: text('', o),
    port: int32(0, o),
  }),
});
