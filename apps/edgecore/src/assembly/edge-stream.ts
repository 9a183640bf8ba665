import { EdgeStream } from '@edgecore/edgestream';
import type { EdgeCoreConfig } from '../config/index.js';
import { edgedSocketPath } from './socket-path.js';

/** The stream tunnel out of the configuration; it asks edged over its socket. */
export function edgeStream(config: EdgeCoreConfig, nodeIp: () => string): EdgeStream {
  const { edgeStream: stream, node } = config;
  return new EdgeStream({
    server: stream.server,
    nodeName: node.name,
    nodeIp,
    tls: stream.tls,
    edged: { socketPath: edgedSocketPath(config) },
    verifyServer: stream.verifyServer,
    handshakeTimeoutMs: stream.handshakeTimeoutMs,
  });
}
