import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { errorText } from '@edgecore/api';
import { healthRequest, healthStatus } from './grpc-message.js';
import { type GrpcStatus, grpcStatus } from './grpc-status.js';
import type { ProbeAnswer } from './probe-worker.js';

export interface GrpcProbe {
  readonly host: string;
  readonly port: number;
  /** Name in the request; `''` asks for the server as a whole. */
  readonly service: string;
  /** Told to the server and in the texts; the signal is what ends the call. */
  readonly timeoutSeconds: number;
}

/** An answer is a few bytes. */
const MAX_BODY_BYTES = 4096;

/**
 * Asks `grpc.health.v1.Health/Check` over plaintext HTTP/2 (edged.md §9.5). Never throws; texts
 * are those of the kubelet.
 */
export async function grpcProbe(probe: GrpcProbe, signal: AbortSignal): Promise<ProbeAnswer> {
  const { host, port, timeoutSeconds } = probe;
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const failure = (text: string): ProbeAnswer => ({ result: 'failure', text });
  let session: ClientHttp2Session | undefined;
  try {
    session = await open(address, signal);
  } catch (error) {
    return failure(
      signal.aborted
        ? `timeout: failed to connect service "${address}" within ${timeoutSeconds}s: ${errorText(signal.reason)}`
        : `error: failed to connect service at "${address}": ${errorText(error)}`,
    );
  }
  try {
    const { status, body } = await check(session, probe, signal);
    if (status.code === 'Unimplemented') {
      return failure(
        `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${status.message}`,
      );
    }
    if (status.code === 'DeadlineExceeded') return failure(late(timeoutSeconds));
    if (status.code !== 'OK') {
      return failure(
        `error: health rpc probe failed: rpc error: code = ${status.code} desc = ${status.message}`,
      );
    }
    const serving = healthStatus(body);
    if (serving === 'SERVING') return { result: 'success', text: '' };
    return failure(`service unhealthy (responded with "${serving}")`);
  } catch (error) {
    return failure(
      signal.aborted ? late(timeoutSeconds) : `error: health rpc probe failed: ${errorText(error)}`,
    );
  } finally {
    session.destroy();
  }
}

const late = (seconds: number) => `timeout: health rpc did not complete within ${seconds}s`;

/** Connected is who sent its settings: a socket that only listens is not a gRPC server. */
function open(address: string, signal: AbortSignal): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const session = connect(`http://${address}`);
    const end = () => session.destroy(new Error('given up'));
    signal.addEventListener('abort', end, { once: true });
    // Stays: an error after the answer must not end the process.
    session.on('error', reject);
    session.once('close', () => {
      signal.removeEventListener('abort', end);
      reject(new Error('the connection was closed'));
    });
    session.once('remoteSettings', () => resolve(session));
  });
}

interface Answer {
  readonly status: GrpcStatus;
  readonly body: Buffer;
}

/** @throws when the stream ends without an answer; the session's end by the signal ends it, too. */
function check(session: ClientHttp2Session, probe: GrpcProbe, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'kube-probe/1.32',
      'grpc-timeout': `${Math.round(probe.timeoutSeconds * 1000)}m`,
    });
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    const parts: Buffer[] = [];
    let size = 0;
    stream.on('response', (fields) => {
      headers = fields;
    });
    stream.on('trailers', (fields) => {
      trailers = fields;
    });
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES)
        stream.destroy(new Error(`the answer is longer than ${MAX_BODY_BYTES} bytes`));
      else parts.push(chunk);
    });
    stream.on('error', reject);
    stream.on('close', () => {
      if (headers[':status'] === undefined) reject(new Error('the stream was closed without an answer'));
      else resolve({ status: grpcStatus(headers, trailers), body: Buffer.concat(parts) });
    });
    stream.end(healthRequest(probe.service));
  });
}
