import type { ContainerMeta, PodIdentity, SandboxConfig } from '../runtime.js';
import { SANDBOX_CONTAINER } from './names.js';

/** Dockershim's labels (edged.md §6.2). Docker has no annotations: they are labels with a prefix. */
export const LABEL = {
  type: 'io.kubernetes.docker.type',
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
  sandboxId: 'io.kubernetes.sandbox.id',
  logPath: 'io.kubernetes.container.logpath',
  /** Ours: which of several agents on one engine it belongs to. Absent for the one without a name. */
  instance: 'io.edgecore.instance',
} as const;

const ANNOTATION = 'annotation.';
const META = {
  hash: `${ANNOTATION}io.kubernetes.container.hash`,
  restartCount: `${ANNOTATION}io.kubernetes.container.restartCount`,
  terminationMessagePath: `${ANNOTATION}io.kubernetes.container.terminationMessagePath`,
  terminationMessagePolicy: `${ANNOTATION}io.kubernetes.container.terminationMessagePolicy`,
  terminationGracePeriodSeconds: `${ANNOTATION}io.kubernetes.pod.terminationGracePeriod`,
  deletionGracePeriodSeconds: `${ANNOTATION}io.kubernetes.pod.deletionGracePeriod`,
  preStopHandler: `${ANNOTATION}io.kubernetes.container.preStopHandler`,
  ports: `${ANNOTATION}io.kubernetes.container.ports`,
} as const;

export type Labels = Readonly<Record<string, string>>;

const IDENTITY = new Set<string>([
  LABEL.type,
  LABEL.podName,
  LABEL.podNamespace,
  LABEL.podUid,
  LABEL.containerName,
  LABEL.sandboxId,
  LABEL.logPath,
  LABEL.instance,
]);

/** The pod's labels and annotations, then our own, which a pod cannot fake. */
export function sandboxLabels({ pod, labels, annotations }: SandboxConfig, instance = ''): Labels {
  const { [LABEL.instance]: _reserved, ...own } = labels;
  const prefixed = Object.entries(annotations).map(([key, value]) => [ANNOTATION + key, value]);
  return {
    ...own,
    ...Object.fromEntries(prefixed),
    ...identity(pod, 'podsandbox', SANDBOX_CONTAINER, instance),
  };
}

/** Pod labels are not copied to containers. */
export function containerLabels(
  pod: PodIdentity,
  sandboxId: string,
  container: { readonly name: string; readonly logPath: string; readonly meta: ContainerMeta },
  instance = '',
): Labels {
  const meta = Object.entries(META).flatMap(([field, label]) => {
    const value = container.meta[field as keyof ContainerMeta];
    return value === undefined ? [] : [[label, String(value)]];
  });
  return {
    ...Object.fromEntries(meta),
    ...identity(pod, 'container', container.name, instance),
    [LABEL.sandboxId]: sandboxId,
    [LABEL.logPath]: container.logPath,
  };
}

/** What a sandbox's labels say about the pod: its labels and annotations, without our own. */
export function readSandboxLabels(labels: Labels): { readonly labels: Labels; readonly annotations: Labels } {
  const own: Record<string, string> = {};
  const annotations: Record<string, string> = {};
  for (const [key, value] of Object.entries(labels)) {
    if (IDENTITY.has(key)) continue;
    if (key.startsWith(ANNOTATION)) annotations[key.slice(ANNOTATION.length)] = value;
    else own[key] = value;
  }
  return { labels: own, annotations };
}

/** Containers of a Go edgecore are read the same way; what is missing or odd gets kubelet's defaults. */
export function readContainerMeta(labels: Labels): ContainerMeta {
  const terminationGracePeriodSeconds = seconds(labels[META.terminationGracePeriodSeconds]);
  const deletionGracePeriodSeconds = seconds(labels[META.deletionGracePeriodSeconds]);
  const preStopHandler = labels[META.preStopHandler];
  const ports = labels[META.ports];
  return {
    hash: labels[META.hash] ?? '',
    restartCount: seconds(labels[META.restartCount]) ?? 0,
    terminationMessagePath: labels[META.terminationMessagePath] ?? '/dev/termination-log',
    terminationMessagePolicy: labels[META.terminationMessagePolicy] ?? 'File',
    ...(terminationGracePeriodSeconds === undefined ? {} : { terminationGracePeriodSeconds }),
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
    ...(preStopHandler === undefined ? {} : { preStopHandler }),
    ...(ports === undefined ? {} : { ports }),
  };
}

/** Does a labelled container belong to this agent, and not to another one on the same engine? */
export function isOfInstance(labels: Labels, instance: string): boolean {
  return (labels[LABEL.instance] ?? '') === instance;
}

/** Empty strings where a label is missing; the uid is what counts. */
export function readPodIdentity(labels: Labels): PodIdentity {
  return {
    uid: labels[LABEL.podUid] ?? '',
    namespace: labels[LABEL.podNamespace] ?? '',
    name: labels[LABEL.podName] ?? '',
  };
}

function identity(
  pod: PodIdentity,
  type: 'podsandbox' | 'container',
  name: string,
  instance: string,
): Labels {
  return {
    [LABEL.podName]: pod.name,
    [LABEL.podNamespace]: pod.namespace,
    [LABEL.podUid]: pod.uid,
    [LABEL.containerName]: name,
    [LABEL.type]: type,
    ...(instance === '' ? {} : { [LABEL.instance]: instance }),
  };
}

function seconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
