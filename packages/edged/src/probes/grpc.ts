import { errorText, hasCode } from '@edgecore/api';
import { authority, GrpcCode, GrpcConnection, type GrpcError, goCodeName } from '@edgecore/grpc';
import { healthCheck, SERVING_STATUS } from './health-messages.js';
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
const MAX_ANSWER_BYTES = 4096;

/**
 * Asks `grpc.health.v1.Health/Check` over plaintext HTTP/2 (edged.md §9.5). Never throws; texts
 * are those of the kubelet.
 */
export async function grpcProbe(probe: GrpcProbe, signal: AbortSignal): Promise<ProbeAnswer> {
  const { host, port, service, timeoutSeconds } = probe;
  const timeoutMs = timeoutSeconds * 1000;
  const address = authority({ host, port });
  let connection: GrpcConnection;
  try {
    connection = await GrpcConnection.open({ host, port }, { timeoutMs, signal });
  } catch (error) {
    return failure(
      isLate(error, signal)
        ? `timeout: failed to connect service "${address}" within ${timeoutSeconds}s: ${errorText(signal.reason ?? error)}`
        : `error: failed to connect service at "${address}": ${(error as Error).message}`,
    );
  }
  try {
    const options = { timeoutMs, signal, maxAnswerBytes: MAX_ANSWER_BYTES, userAgent: 'kube-probe/1.32' };
    const { status } = await connection.call(healthCheck, { service }, options);
    const serving = SERVING_STATUS[status] ?? String(status);
    if (serving === 'SERVING') return { result: 'success', text: '' };
    return failure(`service unhealthy (responded with "${serving}")`);
  } catch (error) {
    return failure(callFailure(error, signal, timeoutSeconds));
  } finally {
    connection.close();
  }
}

function callFailure(error: unknown, signal: AbortSignal, timeoutSeconds: number): string {
  if (isLate(error, signal)) return `timeout: health rpc did not complete within ${timeoutSeconds}s`;
  if (!hasCode(error, 'ERR_GRPC_STATUS')) return `error: health rpc probe failed: ${errorText(error)}`;
  const { status, message, fromPeer } = error as GrpcError;
  return fromPeer && status === GrpcCode.UNIMPLEMENTED
    ? `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}`
    : `error: health rpc probe failed: rpc error: code = ${goCodeName(status)} desc = ${message}`;
}

function isLate(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted || (error as Partial<GrpcError>).status === GrpcCode.DEADLINE_EXCEEDED;
}

const failure = (text: string): ProbeAnswer => ({ result: 'failure', text });
