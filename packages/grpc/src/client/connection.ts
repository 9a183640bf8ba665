import type { ClientHttp2Session } from 'node:http2';
import { errorText, hasCode } from '@edgecore/api';
import { authority, connectSocket, type GrpcAddress } from '../address.js';
import { loadHttp2 } from '../http2.js';
import type { GrpcMethod } from '../method.js';
import { decode } from '../proto/decode.js';
import { encode } from '../proto/encode.js';
import type { AnyMessage } from '../proto/message-type.js';
import type { Decoded, Init } from '../proto/typed.js';
import { GrpcCode, GrpcError } from '../status.js';
import { type Limits, watch } from './given-up.js';
import { type GrpcCallOptions, sendUnary } from './unary-stream.js';

/** A connection to a server, for any number of calls, also at a time. */
export class GrpcConnection {
  readonly #session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  /**
   * Connects without TLS. Connected is who sent HTTP/2's settings: a socket that only listens is no gRPC server.
   *
   * @throws {GrpcError} UNAVAILABLE when the server cannot be reached or is none, DEADLINE_EXCEEDED, CANCELLED.
   */
  static async open(address: GrpcAddress, limits: Limits = {}): Promise<GrpcConnection> {
    const { connect } = await loadHttp2();
    return new Promise((resolve, reject) => {
      let session: ClientHttp2Session | undefined;
      const stop = watch(limits, (error) => fail(error));
      const fail = (error: GrpcError) => {
        stop();
        reject(error);
        session?.destroy();
      };
      try {
        session = connect(`http://${authority(address)}`, {
          createConnection: () => connectSocket(address),
          settings: { enablePush: false },
        });
      } catch (error) {
        fail(unavailable(error));
        return;
      }
      const opened = session;
      // Stays: an error after the answer must not end the process.
      opened.on('error', (error) => fail(unavailable(error)));
      opened.once('close', () => fail(new GrpcError(GrpcCode.UNAVAILABLE, 'the connection was closed')));
      opened.once('remoteSettings', () => {
        stop();
        resolve(new GrpcConnection(opened));
      });
    });
  }

  /** False once it was closed, by either side. */
  get usable(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  /**
   * One call.
   *
   * @throws {GrpcError} the server's status ({@link GrpcError.fromPeer}), or UNAVAILABLE, DEADLINE_EXCEEDED,
   * CANCELLED, RESOURCE_EXHAUSTED for an answer that is too long, INTERNAL for one that is no such message.
   * @throws TypeError for a request that is no such message.
   */
  async call<Request extends AnyMessage, Response extends AnyMessage>(
    { path, request, response }: GrpcMethod<Request, Response>,
    init: Init<Request>,
    options: GrpcCallOptions = {},
  ): Promise<Decoded<Response>> {
    const answer = await this.callBytes(path, encode(request, init), options);
    try {
      return decode(response, answer);
    } catch (error) {
      if (!hasCode(error, 'ERR_MALFORMED_MESSAGE')) throw error;
      const reason = `the answer is no ${response.name}: ${errorText(error)}`;
      throw new GrpcError(GrpcCode.INTERNAL, reason, { cause: error });
    }
  }

  /** {@link call} with messages that are encoded elsewhere. */
  async callBytes(path: string, request: Uint8Array, options: GrpcCallOptions = {}): Promise<Buffer> {
    if (!this.usable) throw new GrpcError(GrpcCode.UNAVAILABLE, 'the connection was closed');
    return sendUnary(this.#session, path, request, options);
  }

  /** Ends it at once, and every call on it with UNAVAILABLE. */
  close(): void {
    this.#session.destroy();
  }
}

function unavailable(error: unknown): GrpcError {
  return new GrpcError(GrpcCode.UNAVAILABLE, errorText(error), { cause: error });
}
