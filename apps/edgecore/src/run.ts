import { errorText, type Logger } from '@edgecore/api';
import type { EdgeCore } from './assembly/edge-core.js';

export interface RunOptions {
  readonly log: Logger;
  /** Called once the modules are started. */
  readonly onStarted?: () => void | Promise<void>;
  /** How long modules may take to end. Default 10 000 ms. */
  readonly graceMs?: number;
  /** Ends the node as the first signal would. */
  readonly signal?: AbortSignal;
}

/** What {@link runEdgeCore} needs of a node. */
export type Runnable = Pick<EdgeCore, 'start' | 'stop' | 'failed' | 'claimError'>;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Runs the node until a signal or a failure ends it, and resolves with the
 * process's exit code. A second signal ends the process at once (beehive.md §7 R7).
 */
export async function runEdgeCore(
  core: Runnable,
  { log, onStarted, graceMs = 10_000, signal }: RunOptions,
): Promise<number> {
  const end = waitForEnd(core, log, signal);
  try {
    await core.start();
    await onStarted?.();
    const exitCode = await end.promise;
    const report = await core.stop({ graceMs });
    return report.clean ? exitCode : 1;
  } finally {
    end.dispose();
  }
}

function waitForEnd(core: Runnable, log: Logger, abort: AbortSignal | undefined) {
  let finish!: (exitCode: number) => void;
  const promise = new Promise<number>((resolve) => {
    finish = resolve;
  });
  let signalled = false;
  const onSignal = (signal: string) => {
    if (signalled) process.exit(1);
    signalled = true;
    log.info({ signal }, 'stopping; pods keep running');
    finish(0);
  };
  const onError = (error: unknown) => {
    if (core.claimError(error)) return;
    log.error({ err: error }, 'an error nobody handled; stopping');
    finish(1);
  };
  core.failed.catch((error: unknown) => {
    log.error(errorText(error));
    finish(1);
  });
  const onAbort = () => finish(0);
  if (abort?.aborted) onAbort();
  abort?.addEventListener('abort', onAbort);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on('uncaughtException', onError);
  process.on('unhandledRejection', onError);
  return {
    promise,
    dispose() {
      abort?.removeEventListener('abort', onAbort);
      for (const signal of SIGNALS) process.off(signal, onSignal);
      process.off('uncaughtException', onError);
      process.off('unhandledRejection', onError);
    },
  };
}
