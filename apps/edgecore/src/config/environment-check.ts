import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EdgeCoreError } from '@edgecore/api';
import type { ConfigVersion } from './schema/schema.js';

/** Set to `false`, this variable skips the check. */
export const CHECK_VARIABLE = 'CHECK_EDGECORE_ENVIRONMENT';

/** Another node agent runs on this machine; two of them would fight over the containers. */
export class EnvironmentCheckError extends EdgeCoreError {
  constructor(message: string) {
    super('ERR_ENVIRONMENT', message);
  }
}

export interface EnvironmentCheckOptions {
  readonly version: ConfigVersion;
  /** Today's agent does not check when its MetaServer is on. Default false. */
  readonly metaServer?: boolean;
  /** Default: the process environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Names of the running processes. Default: read from `/proc`. */
  readonly processes?: () => Promise<ReadonlySet<string>>;
}

/**
 * Refuses to go on beside a kubelet (and, for 2020's format, a kube-proxy).
 * @throws {EnvironmentCheckError} with upstream's text (config.md §5).
 */
export async function checkEnvironment(options: EnvironmentCheckOptions): Promise<void> {
  if ((options.env ?? process.env)[CHECK_VARIABLE] === 'false') return;
  const old = options.version === 'v1alpha1';
  if (!old && options.metaServer) return;
  const running = await (options.processes ?? processNames)();
  const advice = `stop it, or set ${CHECK_VARIABLE}=false to start anyway`;
  const check = (name: string, text: string) => {
    if (running.has(name)) throw new EnvironmentCheckError(`${text} (${advice})`);
  };
  if (old) {
    const text = 'Failed to check the running environment:';
    check('kubelet', `${text} Kubelet should not running on edge node when running edgecore`);
    check('kube-proxy', `${text} Kube-proxy should not running on edge node when running edgecore`);
  } else {
    check(
      'kubelet',
      'failed to check the running environment: kubelet should not be running on edge node when starting edgecore',
    );
  }
}

/** The `comm` of every process; empty where there is no `/proc`. */
export async function processNames(proc = '/proc'): Promise<ReadonlySet<string>> {
  const entries = await readdir(proc).catch(() => []);
  const names = await Promise.all(
    entries
      .filter((entry) => /^\d+$/.test(entry))
      // A process may end while we look.
      .map((pid) => readFile(join(proc, pid, 'comm'), 'utf8').catch(() => '')),
  );
  return new Set(names.map((name) => name.trim()).filter((name) => name !== ''));
}
