import type {
  ContainerConfig,
  ContainerMeta,
  Image,
  Mount,
  ResourceConfig,
  SecurityConfig,
} from '@edgecore/container-runtime';
import { expand } from '../env/expand.js';
import type { Container, Pod } from '../kube-types.js';
import { containerHash } from '../plan/container-hash.js';
import { containerLogPath, podIdentity } from '../pods/pod-paths.js';

export interface ContainerParts {
  readonly pod: Pod;
  readonly container: Container;
  readonly restartCount: number;
  /** `undefined` when the engine has no images. */
  readonly image: Image | undefined;
  readonly environment: ReadonlyMap<string, string>;
  readonly mounts: readonly Mount[];
  readonly resources: ResourceConfig;
  readonly security: SecurityConfig;
  readonly podLogsDir: string;
}

/** What the engine is asked for a container (edged.md §6.1). Pure. */
export function containerConfig(parts: ContainerParts): ContainerConfig {
  const { pod, container, restartCount, image, environment } = parts;
  const expanded = (list: readonly string[] = []) =>
    list.map((text) => expand(text, (name) => environment.get(name)));
  return {
    name: container.name,
    image: image?.id ?? container.image ?? '',
    command: expanded(container.command),
    args: expanded(container.args),
    ...(container.workingDir && { workingDir: container.workingDir }),
    env: [...environment].map(([name, value]) => ({ name, value })),
    mounts: parts.mounts,
    devices: [],
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    resources: parts.resources,
    security: parts.security,
    logPath: containerLogPath(parts.podLogsDir, podIdentity(pod), container.name, restartCount),
    meta: containerMeta(pod, container, restartCount),
  };
}

/** What must be known to adopt or end the container without its spec (§6.2). */
function containerMeta({ metadata, spec }: Pod, container: Container, restartCount: number): ContainerMeta {
  const { terminationGracePeriodSeconds } = spec;
  const { deletionGracePeriodSeconds } = metadata;
  const { lifecycle, ports = [] } = container;
  return {
    hash: containerHash(container),
    restartCount,
    terminationMessagePath: container.terminationMessagePath ?? '',
    terminationMessagePolicy: container.terminationMessagePolicy ?? '',
    ...(terminationGracePeriodSeconds !== undefined && { terminationGracePeriodSeconds }),
    ...(deletionGracePeriodSeconds !== undefined && { deletionGracePeriodSeconds }),
    ...(lifecycle?.preStop && { preStopHandler: JSON.stringify(lifecycle.preStop) }),
    ...(ports.length > 0 && { ports: JSON.stringify(ports) }),
  };
}
