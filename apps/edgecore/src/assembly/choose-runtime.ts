import { dirname, join } from 'node:path';
import { errorText, type Logger } from '@edgecore/api';
import {
  type ContainerRuntime,
  createDockerRuntime,
  createProcessRuntime,
} from '@edgecore/container-runtime';
import type { EdgedConfig } from '../config/index.js';

/**
 * The container runtime the configuration asks for. `auto` takes Docker when
 * its engine answers now, else plain host processes; a machine that has run
 * pods on Docker before stays on it while the engine is down, or they would run twice.
 */
export async function chooseRuntime(
  { runtime, directories, logs }: EdgedConfig,
  { usedDockerBefore, log }: { usedDockerBefore: boolean; log: Logger },
): Promise<ContainerRuntime> {
  const docker = () =>
    createDockerRuntime({
      host: runtime.dockerEndpoint,
      instance: runtime.instance,
      log,
      requestTimeoutMs: runtime.requestTimeoutMs,
      cgroupDriver: runtime.cgroupDriver,
      logMaxSize: String(logs.maxSizeBytes),
      logMaxFiles: logs.maxFiles,
      // `/var/log/containers` for the usual `/var/log/pods`.
      containerLogsDir: join(dirname(directories.podLogs), 'containers'),
    });
  const processes = () =>
    createProcessRuntime({
      rootDir: join(directories.root, 'processes'),
      log,
      logMaxBytes: logs.maxSizeBytes,
      logMaxFiles: logs.maxFiles,
    });
  if (runtime.choice === 'docker') return docker();
  if (runtime.choice === 'process') return processes();
  const engine = docker();
  try {
    await engine.version();
    return engine;
  } catch (error) {
    if (usedDockerBefore) {
      log.warn(
        { reason: errorText(error) },
        'the Docker engine does not answer; waiting for it, since this node used it before',
      );
      return engine;
    }
    await engine.close();
    log.info({ reason: errorText(error) }, 'no Docker engine: pods run as plain processes');
    return processes();
  }
}
