import type { CloudProfileName } from '@edgecore/api';
import { ApiError } from '../errors.js';
import type { SessionRequest } from '../stream/connect-payload.js';
import { type NodeTunnel, TunnelFullError } from '../stream/node-tunnel.js';
import type { SessionReader, TunnelSession } from '../stream/tunnel-session.js';

export interface NodeLinkOptions {
  readonly profile: CloudProfileName;
  readonly tunnel: (node: string) => NodeTunnel | undefined;
  /** Is its hub connection open? */
  readonly isConnected: (node: string) => boolean;
  /** `host:port` nodes dial. */
  readonly tunnelAddress: () => string;
}

/** Opens sessions to nodes, or says what is missing for it. */
export class NodeLink {
  constructor(private readonly options: NodeLinkOptions) {}

  /** @throws {ApiError} BadRequest for what this cloud's tunnel cannot carry. */
  checkCarries(kind: SessionRequest['kind'], what: string): void {
    if (this.options.profile !== '2020' || kind === 'logs') return;
    throw new ApiError(
      'BadRequest',
      400,
      `${what} is not possible here: this cloud is KubeEdge of 2020 (profile 2020), whose stream tunnel carries logs only; use a cloud of profile current`,
    );
  }

  /** @throws {ApiError} ServiceUnavailable, naming what the node lacks. */
  open(node: string, request: SessionRequest, reader: SessionReader): TunnelSession {
    const tunnel = this.options.tunnel(node);
    if (!tunnel) throw new ApiError('ServiceUnavailable', 503, this.#whyNoTunnel(node));
    try {
      return tunnel.open(request, reader);
    } catch (error) {
      if (!(error instanceof TunnelFullError)) throw error;
      throw new ApiError('ServiceUnavailable', 503, error.message);
    }
  }

  #whyNoTunnel(node: string): string {
    if (!this.options.isConnected(node)) {
      return `node ${node} is not connected to this cloud: see that edgecore runs there and reaches it`;
    }
    return `node ${node} has no stream tunnel to this cloud: set modules.edgeStream.enable: true and server: ${this.options.tunnelAddress()} in its edgecore.yaml and restart edgecore`;
  }
}

/** The node left while it was asked. */
export function nodeLeft(node: string): ApiError {
  return new ApiError(
    'ServiceUnavailable',
    503,
    `the stream tunnel of node ${node} ended before it answered; try again`,
  );
}
