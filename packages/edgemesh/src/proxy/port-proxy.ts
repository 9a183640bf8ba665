import type { Logger, Metrics } from '@edgecore/api';
import type { ServiceKey } from '../model/names.js';
import type { Balancer } from './balancer.js';
import type { Dialer } from './dial.js';
import type { Health } from './health.js';
import type { ReadBuffers } from './read-buffer.js';

/** What the proxy of one port of one service works with. */
export interface PortProxyOptions {
  readonly service: ServiceKey;
  readonly servicePort: number;
  readonly balancer: Balancer;
  readonly health: Health;
  readonly dial: Dialer;
  readonly buffers: ReadBuffers;
  readonly connectTimeoutMs: number;
  readonly limits: ProxyLimits;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface ProxyLimits {
  /** Connections of one service port at once. */
  readonly maxConnections: number;
  /** UDP clients of one service port at once. */
  readonly maxUdpClients: number;
  readonly udpIdleMs: number;
  /** Kept connections without a request, HTTP. */
  readonly httpIdleMs: number;
  /** 0: an endpoint may take any time to answer (HTTP). */
  readonly httpTimeoutMs: number;
}

/** A listener that passes what arrives to the endpoints of a service. */
export interface PortProxy {
  /** Starts listening. @throws the system's error, `EADDRINUSE` above all. */
  listen(address: string, port: number): Promise<number>;
  /** Takes nothing new; what is open goes on. Resolves when the port is free. */
  close(): Promise<void>;
  /** Ends what is open, too. */
  destroy(): void;
}
