import { rm } from 'node:fs/promises';
import { bootstrapFileToken, type EdgeHubOptions } from '@edgecore/edgehub';
import { type EdgeCoreConfig, removeToken } from '../config/index.js';

/** EdgeHub's options out of the configuration. */
export function hubOptions(config: EdgeCoreConfig, bootstrapFile: string): EdgeHubOptions {
  const { edgeHub, node, cloudProfile, file } = config;
  return {
    nodeName: node.name,
    server: edgeHub.server,
    httpServer: edgeHub.httpServer,
    projectId: edgeHub.projectId,
    tlsCaFile: edgeHub.tls.caFile,
    tlsCertFile: edgeHub.tls.certFile,
    tlsPrivateKeyFile: edgeHub.tls.keyFile,
    token: bootstrapFileToken(bootstrapFile, edgeHub.token),
    onTokenUsed: async () => {
      // Only the file's own token is taken out of it; 2020's stays, as upstream leaves it (config.md §6).
      if (file !== undefined && edgeHub.token !== '' && config.version === 'v1alpha2')
        await removeToken(file);
      // Used up: keadm, too, deletes it after joining.
      await rm(bootstrapFile, { force: true });
    },
    cloudProfile,
    heartbeatMs: edgeHub.heartbeatMs,
    handshakeTimeoutMs: edgeHub.handshakeTimeoutMs,
    writeTimeoutMs: edgeHub.writeTimeoutMs,
    ...(edgeHub.messageRate
      ? { messageQps: edgeHub.messageRate.perSecond, messageBurst: edgeHub.messageRate.burst }
      : {}),
    rotateCertificates: edgeHub.rotateCertificates,
    queueMessages: edgeHub.queueMessages,
    queueBytes: edgeHub.queueBytes,
  };
}
