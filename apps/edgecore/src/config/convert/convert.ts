import type { CloudProfileSetting } from '@edgecore/api';
import type { EdgeCoreConfig, EdgeHubConfig } from '../model.js';
import type { ConfigReader } from '../reader.js';
import { LONGEST_HEARTBEAT_S } from '../validate/edge-hub.js';
import { convertEdged2020, convertNode2020 } from './edged-v1alpha1.js';
import { convertEdgedToday, convertNodeToday } from './edged-v1alpha2.js';
import {
  convertDbTest,
  convertDeviceTwin,
  convertEdgeMesh,
  convertEdgeStream,
  convertEventBus,
  convertMetaManager,
  convertServiceBus,
  tlsFiles,
} from './modules.js';

/** Effective values of either format as the one internal model (config.md §9 L6). Expects valid values. */
export function convert(
  reader: ConfigReader,
  { file, cloudProfile }: { file: string | undefined; cloudProfile: CloudProfileSetting },
): EdgeCoreConfig {
  const old = reader.version === 'v1alpha1';
  return {
    version: reader.version,
    file,
    cloudProfile,
    node: old ? convertNode2020(reader) : convertNodeToday(reader),
    database: { path: databasePath(reader.text('database.dataSource')) },
    edgeHub: convertEdgeHub(reader),
    metaManager: convertMetaManager(reader),
    edged: old ? convertEdged2020(reader) : convertEdgedToday(reader),
    eventBus: convertEventBus(reader),
    deviceTwin: convertDeviceTwin(reader),
    serviceBus: convertServiceBus(reader),
    edgeStream: convertEdgeStream(reader),
    edgeMesh: convertEdgeMesh(reader),
    dbTest: convertDbTest(reader),
    status: {
      socket: reader.text('edgecoreTs.status.socket'),
      port: reader.number('edgecoreTs.status.port'),
    },
  };
}

/** SQLite's URI form (`file:/path?cache=shared`) is accepted by upstream's driver: the path alone is used. */
function databasePath(dataSource: string): string {
  return dataSource.replace(/^file:(\/\/)?/, '').replace(/\?.*$/, '');
}

function convertEdgeHub(reader: ConfigReader): EdgeHubConfig {
  const hub = 'modules.edgeHub';
  return {
    enabled: reader.bool(`${hub}.enable`),
    heartbeatMs: Math.min(reader.seconds(`${hub}.heartbeat`), LONGEST_HEARTBEAT_S * 1000),
    projectId: reader.text(`${hub}.projectID`),
    tls: tlsFiles(reader, hub, ['tlsCaFile', 'tlsCertFile', 'tlsPrivateKeyFile']),
    token: reader.text(`${hub}.token`).trim(),
    httpServer: reader.text(`${hub}.httpServer`).replace(/\/+$/, ''),
    server: reader.text(`${hub}.websocket.server`),
    handshakeTimeoutMs: reader.seconds(`${hub}.websocket.handshakeTimeout`),
    writeTimeoutMs: reader.seconds(`${hub}.websocket.writeDeadline`),
    messageRate: messageRate(reader, hub),
    rotateCertificates: reader.bool(`${hub}.rotateCertificates`),
    queueMessages: reader.number('edgecoreTs.edgeHub.queueMessages'),
    queueBytes: reader.number('edgecoreTs.edgeHub.queueBytes'),
  };
}

const DEFAULT_RATE = { perSecond: 30, burst: 60 };

/** 2020 had no limit unless the file (of a later release) sets one; 0 means the default. */
function messageRate(reader: ConfigReader, hub: string): EdgeHubConfig['messageRate'] {
  const perSecond = reader.optionalNumber(`${hub}.messageQPS`);
  const burst = reader.optionalNumber(`${hub}.messageBurst`);
  if (perSecond === undefined && burst === undefined) return undefined;
  return {
    perSecond: perSecond || DEFAULT_RATE.perSecond,
    burst: burst || DEFAULT_RATE.burst,
  };
}
