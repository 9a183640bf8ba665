import { type ContainerRuntime, UnsupportedByRuntimeError } from '@edgecore/container-runtime';
import type { Container, Pod } from '../kube-types.js';

/**
 * Refuses what the engine would silently not do: a pod that asks for it shows
 * the reason in its status instead of running otherwise than asked.
 *
 * @throws {UnsupportedByRuntimeError} naming the field.
 */
export function requireCapabilities(runtime: ContainerRuntime, pod: Pod, container: Container): void {
  const { name, capabilities } = runtime;
  const refuse = (what: string): never => {
    throw new UnsupportedByRuntimeError(name, `${what} (container "${container.name}")`);
  };
  if (!capabilities.mounts && container.volumeMounts?.length) {
    refuse(`the volume mount ${container.volumeMounts[0]!.mountPath}`);
  }
  if (!capabilities.securityContext) {
    const field = restrictiveField({ ...pod.spec.securityContext, ...container.securityContext });
    if (field) refuse(`securityContext.${field}`);
  }
  if (!capabilities.sharedProcessNamespace && pod.spec.shareProcessNamespace) refuse('shareProcessNamespace');
  if (!capabilities.hostPorts && !pod.spec.hostNetwork) {
    const moved = container.ports?.find(
      ({ hostPort, containerPort }) => hostPort && hostPort !== containerPort,
    );
    if (moved) refuse(`the mapping of hostPort ${moved.hostPort} to ${moved.containerPort}`);
  }
}

/** Fields whose absence would run the process with other rights than asked. */
const RESTRICTIVE = [
  'runAsUser',
  'runAsGroup',
  'runAsNonRoot',
  'privileged',
  'capabilities',
  'readOnlyRootFilesystem',
  'seLinuxOptions',
  'fsGroup',
  'supplementalGroups',
] as const;

function restrictiveField(context: Readonly<Record<string, unknown>>): string | undefined {
  return RESTRICTIVE.find((key) => context[key] !== undefined && context[key] !== false);
}
