import type { Message } from '@edgecore/beehive';

/** Why a connection ended. */
export interface CloseInfo {
  /** WebSocket close code, 1006 when the peer just vanished. */
  readonly code: number;
  readonly reason: string;
  /** What broke, when something did. */
  readonly error?: Error;
}

/** What the peer proved about itself with its TLS certificate. */
export interface PeerCertificate {
  /** Subject CN, `''` when absent. */
  readonly commonName: string;
  /** Subject O, `''` when absent. */
  readonly organization: string;
  /** The certificate, DER. */
  readonly der: Uint8Array;
}

/**
 * One cloud-edge connection: whole messages both ways, in order.
 *
 * Reading is pulled: the socket is read only as fast as `messages()` is
 * consumed, so a slow consumer pushes back on the peer and nothing is dropped
 * (wire.md §2.3).
 */
export interface Connection {
  /** Request headers: ours on a client, the peer's on a server. Keys in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** `host:port` of the peer, for logs. */
  readonly remoteAddress: string;
  /** On a server with TLS: the client certificate, already verified against the CA. */
  readonly peerCertificate?: PeerCertificate;

  /**
   * Writes one message; resolves when the operating system has taken it.
   * `sync` is always written as false.
   * @throws {ConnectionClosedError} @throws {MessageTooLargeError} @throws {WriteTimeoutError} after which the connection is closed.
   */
  send(message: Message): Promise<void>;

  /** Bytes accepted by `send` that the operating system has not taken yet. */
  readonly bufferedBytes: number;

  /** The incoming messages; one consumer. Ends when the connection is closed. Control messages (wire.md §2.5) are answered, not yielded. */
  messages(): AsyncIterableIterator<Message>;

  /** Resolves once, when the connection has ended for whatever reason; never rejects. */
  readonly closed: Promise<CloseInfo>;

  /**
   * Closes (default 1000) and resolves when the socket is gone: a peer that
   * does not answer the close frame in 2000 ms is cut off. Messages received before are still yielded, later ones are not.
   */
  close(code?: number, reason?: string): Promise<void>;
}

/** Limits of one connection. */
export interface ConnectionLimits {
  /** Largest message either way, bytes. Default 128 MiB (wire.md §2.2). */
  readonly maxMessageBytes?: number;
  /** A write not taken by the system in this time closes the connection. Default 15 000 ms (wire.md §2.7). */
  readonly writeTimeoutMs?: number;
  /** WebSocket ping period; 0 turns pinging off. Default 15 000 ms on a client; 0 on a server, as upstream's (wire.md §2.2). */
  readonly pingIntervalMs?: number;
  /**
   * Not one byte for this long while reading: the connection is dead.
   * Default 2 × pingIntervalMs + 15 000 ms; without pings only when given.
   */
  readonly livenessTimeoutMs?: number;
}

/** Client certificate and the CA the server is verified against (wire.md §2.1, compat.md §6.1). */
export interface ClientTls {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /**
   * PEM of the CA. Never handed to OpenSSL: it would be sent along as a second
   * client certificate. The server's certificate is verified after the handshake, before the first byte of protocol.
   */
  readonly ca: string;
}

export interface DialOptions extends ConnectionLimits {
  /** `wss://<host:port>/<projectID>/<nodeName>/events`. */
  readonly url: string;
  readonly nodeName: string;
  readonly projectId: string;
  /** Absent only for `ws://` URLs on loopback, in tests. */
  readonly tls?: ClientTls;
  /** Default 30 000 ms. */
  readonly handshakeTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** How an edge reaches a cloud. Implementations: WebSocket, in-memory. */
export interface Transport {
  /** @throws {DialError} with status, body excerpt or TLS detail in its text. */
  dial(options: DialOptions): Promise<Connection>;
}

/** How a cloud is reached. */
export interface TransportServer {
  /** New connections, as they come. */
  connections(): AsyncIterableIterator<Connection>;
  /** Where it listens. */
  readonly address: { readonly host: string; readonly port: number };
  close(): Promise<void>;
}
