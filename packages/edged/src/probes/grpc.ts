import type { ClientHttp2Session } from 'node:http2';
import { errorText } from '@edgecore/api';
import { callUnary, openSession } from '../grpc/unary-call.js';
import { healthRequest, healthStatus } from './grpc-message.js';
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
    session = await openSession({ address }, signal);
  } catch (error) {
    return failure(
      signal.aborted
        ? `timeout: failed to connect service "${address}" within ${timeoutSeconds}s: ${errorText(signal.reason)}`
        : `error: failed to connect service at "${address}": ${errorText(error)}`,
    );
  }
  try {
    const { status, body } = await callUnary(session, healthCheck(probe), signal);
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

const healthCheck = ({ service, timeoutSeconds }: GrpcProbe) => ({
  path: '/grpc.health.v1.Health/Check',
  message: healthRequest(service),
  timeoutMs: timeoutSeconds * 1000,
  maxAnswerBytes: MAX_BODY_BYTES,
  userAgent: 'kube-probe/1.32',
});
