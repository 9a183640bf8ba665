import { connect } from 'node:net';
import { errorText, hasCode } from '@edgecore/api';
import type { ContainerRuntime } from '@edgecore/container-runtime';
import type { Container, Probe } from '../kube-types.js';
import { grpcProbe } from './grpc.js';
import { httpProbe } from './http.js';
import { portNumber } from './port.js';
import type { ProbeAnswer } from './probe-worker.js';

export interface ProbeTarget {
  readonly runtime: ContainerRuntime;
  readonly instanceId: string;
  /** For named ports. */
  readonly container: Pick<Container, 'ports'>;
  readonly podIp: string;
}

/** Tries of a probe that the engine could not run, before its result is "unknown". */
const MAX_TRIES = 3;
const MAX_TEXT = 256;

/** Runs a probe once. Never throws: what cannot be found out is `unknown` (edged.md §9.5). */
export async function runProbe(probe: Probe, target: ProbeTarget, signal: AbortSignal): Promise<ProbeAnswer> {
  try {
    if (probe.exec) return await execProbe(probe.exec.command ?? [], target, signal);
    if (probe.httpGet) {
      const port = portNumber(probe.httpGet.port, target.container);
      const { status, text } = await httpProbe(
        { ...probe.httpGet, port, host: probe.httpGet.host || target.podIp },
        signal,
      );
      if (status >= 200 && status < 400) return { result: 'success', text: '' };
      const seen = status === 0 ? text : `HTTP probe failed with statuscode: ${status}`;
      return { result: 'failure', text: seen };
    }
    if (probe.tcpSocket) {
      const port = portNumber(probe.tcpSocket.port, target.container);
      return await tcpProbe(probe.tcpSocket.host || target.podIp, port, signal);
    }
    if (probe.grpc) {
      const { port, service } = probe.grpc;
      const timeoutSeconds = probe.timeoutSeconds || 1;
      return await grpcProbe({ host: target.podIp, port, service: service ?? '', timeoutSeconds }, signal);
    }
    return { result: 'failure', text: 'the probe names no check: give exec, httpGet, tcpSocket or grpc' };
  } catch (error) {
    return { result: 'failure', text: errorText(error) };
  }
}

async function execProbe(
  command: readonly string[],
  { runtime, instanceId }: ProbeTarget,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { exitCode, stdout, stderr } = await runtime.exec(instanceId, { command, signal });
      const text = Buffer.concat([stdout, stderr]).toString('utf8').slice(0, MAX_TEXT);
      return { result: exitCode === 0 ? 'success' : 'failure', text };
    } catch (error) {
      if (signal.aborted || hasCode(error, 'ERR_EXEC_TIMEOUT')) {
        return { result: 'failure', text: errorText(signal.reason ?? error) };
      }
      if (attempt === MAX_TRIES) return { result: 'unknown', text: errorText(error) };
    }
  }
}

function tcpProbe(host: string, port: number, signal: AbortSignal): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve({ result: 'success', text: '' });
    });
    socket.once('error', (error) => resolve({ result: 'failure', text: errorText(error) }));
  });
}
