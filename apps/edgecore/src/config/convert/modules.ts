import type {
  DbTestConfig,
  DeviceTwinConfig,
  EdgeMeshConfig,
  EdgeStreamConfig,
  EventBusConfig,
  MetaManagerConfig,
  ServiceBusConfig,
  ServiceBusTarget,
  TlsFiles,
} from '../model.js';
import type { ConfigReader } from '../reader.js';
import type { ConfigValue } from '../schema/field.js';
import { tunnelServer } from '../validate/modules.js';

export function tlsFiles(
  reader: ConfigReader,
  section: string,
  [ca, cert, key]: readonly [ca: string, cert: string, key: string],
): TlsFiles {
  return {
    caFile: reader.text(`${section}.${ca}`),
    certFile: reader.text(`${section}.${cert}`),
    keyFile: reader.text(`${section}.${key}`),
  };
}

export function convertMetaManager(reader: ConfigReader): MetaManagerConfig {
  const meta = 'modules.metaManager';
  const server = `${meta}.metaServer`;
  const issuers = reader.list(`${server}.serviceAccountIssuers`);
  const audiences = reader.list(`${server}.apiAudiences`);
  return {
    enabled: reader.bool(`${meta}.enable`),
    podStatusSyncMs: reader.version === 'v1alpha1' ? reader.seconds(`${meta}.podStatusSyncInterval`) : 60_000,
    remoteQueryTimeoutMs: reader.seconds(`${meta}.remoteQueryTimeout`),
    metaServer: {
      enabled: reader.bool(`${server}.enable`),
      server: reader.text(`${server}.server`),
      dummyServer: reader.text(`${server}.dummyServer`),
      tls: tlsFiles(reader, server, ['tlsCaFile', 'tlsCertFile', 'tlsPrivateKeyFile']),
      serviceAccountIssuers: issuers,
      apiAudiences: audiences.length > 0 ? audiences : issuers,
      serviceAccountKeyFiles: reader.list(`${server}.serviceAccountKeyFiles`),
    },
  };
}

const MODES = ['internal', 'both', 'external'] as const;

export function convertEventBus(reader: ConfigReader): EventBusConfig {
  const bus = 'modules.eventBus';
  const own = 'edgecoreTs.eventBus';
  return {
    enabled: reader.bool(`${bus}.enable`),
    qos: reader.number(`${bus}.mqttQOS`) as EventBusConfig['qos'],
    retain: reader.bool(`${bus}.mqttRetain`),
    sessionQueueSize: reader.number(`${bus}.mqttSessionQueueSize`),
    internalServer: reader.text(`${bus}.mqttServerInternal`),
    externalServer: reader.text(`${bus}.mqttServerExternal`),
    mode: MODES[reader.number(`${bus}.mqttMode`)] ?? 'external',
    subClientId: reader.text(`${bus}.mqttSubClientID`),
    pubClientId: reader.text(`${bus}.mqttPubClientID`),
    username: reader.text(`${bus}.mqttUsername`),
    password: reader.text(`${bus}.mqttPassword`),
    tls: reader.bool(`${bus}.eventBusTLS.enable`)
      ? tlsFiles(reader, `${bus}.eventBusTLS`, ['tlsMqttCAFile', 'tlsMqttCertFile', 'tlsMqttPrivateKeyFile'])
      : undefined,
    connectionTopic: reader.bool(`${own}.connectionTopic`),
    queueMessages: reader.number(`${own}.queueMessages`),
    queueBytes: reader.number(`${own}.queueBytes`),
    suppressRetained: reader.bool(`${own}.suppressRetained`),
    internalUsername: reader.text(`${own}.internalUsername`),
    internalPassword: reader.text(`${own}.internalPassword`),
    internalTls: internalTls(reader, `${own}.internalTLS`),
  };
}

function internalTls(reader: ConfigReader, section: string): EventBusConfig['internalTls'] {
  const certFile = reader.text(`${section}.certFile`);
  const clientCaFile = reader.text(`${section}.clientCAFile`);
  if (certFile === '') return undefined;
  return {
    certFile,
    keyFile: reader.text(`${section}.keyFile`),
    ...(clientCaFile === '' ? {} : { clientCaFile }),
  };
}

export function convertDeviceTwin(reader: ConfigReader): DeviceTwinConfig {
  const own = 'edgecoreTs.deviceTwin';
  return {
    enabled: reader.bool('modules.deviceTwin.enable'),
    dmiDirectory: reader.optionalText('modules.deviceTwin.dmiSockPath') ?? '/etc/kubeedge/',
    expectedConflict: reader.text(`${own}.expectedConflict`) as DeviceTwinConfig['expectedConflict'],
    localCloudUpdated: reader.bool(`${own}.localCloudUpdated`),
    desiredAsExpected: reader.bool(`${own}.desiredAsExpected`),
    reportMinIntervalMs: reader.durationMs(`${own}.reportMinInterval`),
  };
}

export function convertServiceBus(reader: ConfigReader): ServiceBusConfig {
  const bus = 'modules.serviceBus';
  const own = 'edgecoreTs.serviceBus';
  const ports = (key: string) =>
    reader.has(`${own}.${key}`) ? reader.list<number>(`${own}.${key}`) : undefined;
  return {
    enabled: reader.bool(`${bus}.enable`),
    server: reader.text(`${bus}.server`),
    port: reader.number(`${bus}.port`),
    timeoutMs: reader.seconds(`${bus}.timeout`),
    plainBody: reader.bool(`${own}.plainBody`),
    allowPorts: ports('allowPorts'),
    denyPorts: ports('denyPorts'),
    targets: reader.has(`${own}.targets`)
      ? (reader.list<ConfigValue>(`${own}.targets`) as readonly unknown[] as readonly ServiceBusTarget[])
      : undefined,
    maxConcurrent: reader.number(`${own}.maxConcurrent`),
    checkOrigin: reader.bool(`${own}.checkOrigin`),
    callTimeoutMs: reader.durationMs(`${own}.callTimeout`),
  };
}

export function convertEdgeStream(reader: ConfigReader): EdgeStreamConfig {
  const stream = 'modules.edgeStream';
  return {
    enabled: reader.bool(`${stream}.enable`),
    tls: tlsFiles(reader, stream, ['tlsTunnelCAFile', 'tlsTunnelCertFile', 'tlsTunnelPrivateKeyFile']),
    handshakeTimeoutMs: reader.seconds(`${stream}.handshakeTimeout`),
    server: tunnelServer({ reader }),
    verifyServer: reader.text('edgecoreTs.edgeStream.verifyServer') as EdgeStreamConfig['verifyServer'],
  };
}

export function convertEdgeMesh(reader: ConfigReader): EdgeMeshConfig {
  const mesh = 'modules.edgeMesh';
  const own = 'edgecoreTs.edgeMesh';
  const present = reader.has(mesh);
  return {
    enabled: present && reader.bool(`${mesh}.enable`),
    strategy: present ? reader.text(`${mesh}.lbStrategy`) : 'RoundRobin',
    listenInterface: present ? reader.text(`${mesh}.listenInterface`) : 'docker0',
    subnet: present ? reader.text(`${mesh}.subNet`) : '9.251.0.0/16',
    listenPort: present ? reader.number(`${mesh}.listenPort`) : 40_001,
    source: reader.text(`${own}.source`) as EdgeMeshConfig['source'],
    intercept: reader.text(`${own}.intercept`) as EdgeMeshConfig['intercept'],
    dnsListenPort: reader.number(`${own}.dnsListenPort`),
    clusterDomain: reader.text(`${own}.clusterDomain`),
    upstreamDns: reader.list(`${own}.upstreamDNS`),
    manageResolvConf: reader.bool(`${own}.manageResolvConf`),
    serviceFilterMode: reader.text(`${own}.serviceFilterMode`) as EdgeMeshConfig['serviceFilterMode'],
    podNetwork: reader.text(`${own}.podNetwork`) as EdgeMeshConfig['podNetwork'],
  };
}

export function convertDbTest(reader: ConfigReader): DbTestConfig {
  return {
    enabled: reader.bool('modules.dbTest.enable'),
    address: reader.text('edgecoreTs.dbTest.address'),
    port: reader.number('edgecoreTs.dbTest.port'),
  };
}
