import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorText, hasCode } from '@edgecore/api';
import { requireCapabilities } from '../containers/capability-check.js';
import { containerConfig } from '../containers/container-config.js';
import { containerMounts } from '../containers/container-mounts.js';
import { createTerminationLog } from '../containers/termination-log.js';
import { environment } from '../env/environment.js';
import { ContainerHeldError } from '../errors.js';
import { runHook } from '../hooks/run-hook.js';
import { hostsMount } from '../hosts/write-hosts.js';
import type { Pod } from '../kube-types.js';
import type { Step } from '../plan/step.js';
import { containerResources } from '../resources/container-resources.js';
import { containerSecurity } from '../security/container-security.js';
import type { MountedVolumes } from '../volumes/pod-volumes.js';
import type { LiveSandbox } from './create-sandbox.js';
import { killContainer, podGraceMs } from './kill.js';
import type { PodServices } from './pod-services.js';

export interface StartContext {
  readonly pod: Pod;
  readonly sandbox: LiveSandbox;
  readonly volumes: MountedVolumes;
  readonly services: PodServices;
  readonly signal: AbortSignal;
}

type StartStep = Extract<Step, { kind: 'startContainer' }>;

/**
 * Starts one instance: image, configuration, create, start, postStart
 * (edged.md §6.1).
 *
 * @throws {ContainerHeldError} with the waiting reason, or the abort reason,
 *   or {@link RuntimeUnavailableError}.
 */
export async function startContainer(step: StartStep, context: StartContext): Promise<void> {
  const { container } = step;
  const { pod, services, sandbox, signal } = context;
  const { runtime, clock, events } = services;
  const emit = (type: 'Normal' | 'Warning', reason: string, message: string) =>
    events({ pod, container: container.name, type, reason, message });
  const config = await configure(step, context);
  signal.throwIfAborted();
  if (step.isRestart) services.crashBackoff.next(step.backoffKey, clock.now());
  const id = await attempt('CreateContainerError', () =>
    runtime.createContainer(sandbox.status.id, sandbox.config, config),
  );
  emit('Normal', 'Created', `Created container: ${container.name}`);
  await attempt('RunContainerError', () => runtime.startContainer(id));
  emit('Normal', 'Started', `Started container ${container.name}`);
  const hook = container.lifecycle?.postStart;
  if (!hook) return;
  const podIp = sandbox.status.ips[0] ?? services.hostIps()[0] ?? '';
  try {
    await runHook(hook, { runtime, clock, instanceId: id, container, podIp }, signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const message = `PostStartHook failed: ${errorText(error)}`;
    emit('Warning', 'FailedPostStartHook', message);
    const instance = await runtime.containerStatus(id);
    await killContainer(
      { pod, container, instance, podIp, graceMs: podGraceMs(pod), message: 'FailedPostStartHook' },
      services,
    );
    throw new ContainerHeldError('PostStartHookError', message, { cause: error });
  }
}

/** Everything up to the engine's create request. */
async function configure(step: StartStep, { pod, sandbox, volumes, services, signal }: StartContext) {
  const { container, restartCount } = step;
  const { runtime, objects, allocatable } = services;
  await attempt('CreateContainerError', async () => requireCapabilities(runtime, pod));
  const image = await attempt('ErrImagePull', async () =>
    services.images.ensure(pod, container, await services.registryAuths(pod, signal), signal),
  );
  return attempt('CreateContainerConfigError', async () => {
    const podIps = sandbox.status.network === 'host' ? services.hostIps().slice(0, 1) : sandbox.status.ips;
    const variables = await environment({
      pod,
      container,
      objects,
      addresses: { hostIps: services.hostIps(), podIps },
      allocatable,
      extra: services.environment,
      signal,
    });
    const podDirectory = services.volumes.podDirectory(pod.metadata.uid);
    const mounts = [...(await containerMounts(container, volumes, variables)), ...(await agentMounts())];
    async function agentMounts() {
      const path = container.terminationMessagePath ?? '';
      const log = await createTerminationLog(podDirectory, container.name);
      return [
        ...(await hostsMount(pod, container, podIps, podDirectory, services.sandbox.clusterDomain)),
        ...(path === '' ? [] : [{ hostPath: log, containerPath: path, readOnly: false }]),
      ];
    }
    const config = containerConfig({
      pod,
      container,
      restartCount,
      image,
      environment: variables,
      mounts,
      resources: containerResources(pod, container, services.limits),
      security: await containerSecurity(pod, container, image, services.sandbox.seccomp),
      podLogsDir: services.sandbox.podLogsDir,
    });
    await mkdir(dirname(config.logPath), { recursive: true, mode: 0o755 });
    return config;
  });
}

/** Gives failures of a stage their waiting reason; what concerns the whole engine passes. */
async function attempt<T>(reason: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (hasCode(error, 'ERR_CONTAINER_HELD') || hasCode(error, 'ERR_RUNTIME_UNAVAILABLE')) throw error;
    if (error instanceof Error && error.name === 'AbortError') throw error;
    throw new ContainerHeldError(reason, errorText(error), { cause: error });
  }
}
