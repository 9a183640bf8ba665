/** Where edged's HTTP server is. */
export type EdgedAddress = { readonly host: string; readonly port: number } | { readonly socketPath: string };

/** Options of {@link EdgeStream}. */
export interface EdgeStreamOptions {
  /** `host:port` of the cloud's tunnel server. */
  readonly server: string;
  readonly nodeName: string;
  /** Told to the cloud, asked at each dial. `''`: the cloud takes the address it sees. */
  readonly nodeIp: () => string;
  /** Files of the hub's certificate; read at each dial, waited for while they are not there. */
  readonly tls: { readonly caFile: string; readonly certFile: string; readonly keyFile: string };
  readonly edged: EdgedAddress;
  /** `ca`: the server's chain must end at the CA file; its name is not compared, clouds differ in it. Default `ca`. */
  readonly verifyServer?: 'ca' | 'none';
  /** Default 30 000 ms. */
  readonly handshakeTimeoutMs?: number;
  /** Between attempts. Default 2000 ms, growing to 30 000 ms while the cloud refuses. */
  readonly retryMs?: number;
  readonly retryMaxMs?: number;
  /** Default 5000 ms, as upstream. */
  readonly pingMs?: number;
  /** Without any frame for so long the tunnel counts as lost. Default 30 000 ms; 150 000 ms before the first. */
  readonly silenceMs?: number;
  readonly firstSilenceMs?: number;
}

export type EdgeStreamSettings = Required<EdgeStreamOptions>;

export function withDefaults(options: EdgeStreamOptions): EdgeStreamSettings {
  return {
    verifyServer: 'ca',
    handshakeTimeoutMs: 30_000,
    retryMs: 2000,
    retryMaxMs: 30_000,
    pingMs: 5000,
    silenceMs: 30_000,
    firstSilenceMs: 150_000,
    ...options,
  };
}
