import type { ContainerRuntime } from '@edgecore/container-runtime';
import type { Container, LifecycleHandler } from '../kube-types.js';
import { type Clock, pause } from '../ports/clock.js';
import { httpProbe } from '../probes/http.js';
import { portNumber } from '../probes/port.js';

export interface HookTarget {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly instanceId: string;
  /** For named ports. */
  readonly container: Pick<Container, 'ports'>;
  readonly podIp: string;
}

/**
 * Runs a lifecycle handler (edged.md §9.5). Any HTTP response counts as success.
 *
 * @throws Error saying what failed.
 */
export async function runHook(
  handler: LifecycleHandler,
  target: HookTarget,
  signal: AbortSignal,
): Promise<void> {
  const { exec, httpGet } = handler;
  const sleep = (handler as { sleep?: { seconds: number } }).sleep;
  if (exec) {
    const { exitCode, stdout, stderr } = await target.runtime.exec(target.instanceId, {
      command: exec.command ?? [],
      signal,
    });
    if (exitCode !== 0) {
      const output = Buffer.concat([stdout, stderr]).toString('utf8').trim().slice(0, 1024);
      throw new Error(`command [${(exec.command ?? []).join(' ')}] exited with ${exitCode}: ${output}`);
    }
    return;
  }
  if (httpGet) {
    const port = portNumber(httpGet.port, target.container);
    const answer = await httpProbe({ ...httpGet, port, host: httpGet.host || target.podIp }, signal);
    if (answer.status === 0) throw new Error(answer.text);
    return;
  }
  if (sleep) {
    await pause(target.clock, sleep.seconds * 1000, signal);
    return;
  }
  throw new Error('the handler has neither exec nor httpGet nor sleep');
}

/** The handler stored in a container's labels. Text that is not JSON is no handler. */
export function storedHook(json: string | undefined): LifecycleHandler | undefined {
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json) as LifecycleHandler;
  } catch {
    // Labels can be written by others; a broken one must not keep a pod from ending.
    return undefined;
  }
}
