import { rm } from 'node:fs/promises';
import type { PodIdentity } from '@edgecore/container-runtime';
import type { PodServices } from '../act/pod-services.js';
import type { ObservedPod } from '../observe/observed-pod.js';
import { podLogDirectory } from '../pods/pod-paths.js';
import { removeCgroup } from './pod-cgroup.js';

type ForgetServices = Pick<PodServices, 'runtime' | 'volumes' | 'images' | 'crashBackoff' | 'sandbox'>;

/**
 * Removes everything of a pod whose containers have stopped: containers,
 * sandboxes, logs, volumes, directory, records (edged.md §4.6 step 5).
 *
 * @throws when something is busy: call again later.
 */
export async function forgetPod(
  pod: PodIdentity,
  observed: ObservedPod,
  services: ForgetServices,
): Promise<void> {
  const { runtime, volumes, images, crashBackoff, sandbox } = services;
  await Promise.all(observed.containers.map(({ id }) => runtime.removeContainer(id)));
  await Promise.all(observed.sandboxes.map(({ id }) => runtime.removeSandbox(id)));
  await rm(podLogDirectory(sandbox.podLogsDir, pod), { recursive: true, force: true });
  await volumes.removePod(pod.uid);
  if (sandbox.cgroupsPerQos) await removeCgroup(pod.uid, sandbox.cgroupRoot);
  images.forget(pod.uid);
  crashBackoff.forget(`${pod.name}_${pod.namespace}_${pod.uid}_`);
}
