import { errorText, isRecord } from '@edgecore/api';
import { InvalidPodError } from '../errors.js';
import { hasTagOrDigest, tagOf } from '../images/image-name.js';
import type { Container, Pod } from '../kube-types.js';
import { specProblems } from './validation/validate-spec.js';

/** Names become parts of paths: no separators, no `.` or `..`. */
const SAFE_NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;

/** What a `delete` names: its object may have an empty spec (edged.md §3.1). */
export interface PodReference {
  readonly namespace: string;
  readonly name: string;
  /** `''` when the content did not tell. */
  readonly uid: string;
}

/**
 * Reads a pod as metamanager delivers it: an object, or a string holding one
 * (elements of the pod list). Fills the defaults the API server would have set
 * and drops `managedFields`. A spec that cannot be worked with becomes `problems`.
 *
 * @throws {InvalidPodError} when nobody can tell which pod it is.
 */
export function parsePod(content: unknown): Pod {
  const value = typeof content === 'string' ? parseText(content) : content;
  if (!isRecord(value)) throw new InvalidPodError('content is not an object');
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {};
  for (const key of ['uid', 'name', 'namespace']) requireName(metadata[key], `metadata.${key}`);
  const pod = value as unknown as Pod;
  const problems = specProblems(value['spec']);
  return problems.length === 0 ? withDefaults(pod) : unusable(pod, problems);
}

/** Reads what a `delete` is about. @throws {InvalidPodError} without a name. */
export function parsePodReference(content: unknown, namespace: string, name: string): PodReference {
  const metadata = isRecord(content) && isRecord(content['metadata']) ? content['metadata'] : {};
  const uid = metadata['uid'];
  if (name === '') throw new InvalidPodError('the resource has no name');
  return { namespace, name, uid: typeof uid === 'string' ? uid : '' };
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidPodError(errorText(error), { cause: error });
  }
}

function requireName(value: unknown, path: string): void {
  if (typeof value !== 'string' || value === '') throw new InvalidPodError(`${path} is missing`);
  if (value.length > 253 || !SAFE_NAME.test(value) || value.includes('..')) {
    throw new InvalidPodError(`${path} "${value.slice(0, 80)}" is not a valid name`);
  }
}

/** Its identity and where it belongs, nothing that could be run. */
function unusable({ spec, ...pod }: Pod, problems: readonly string[]): Pod {
  const { nodeName } = isRecord(spec) ? (spec as Partial<Pod['spec']>) : {};
  const rest = typeof nodeName === 'string' ? { nodeName } : {};
  return withDefaults({ ...pod, spec: { ...rest, restartPolicy: 'Never', containers: [] }, problems });
}

function withDefaults(pod: Pod): Pod {
  const { managedFields: _dropped, ...metadata } = pod.metadata;
  const { spec } = pod;
  return {
    ...pod,
    metadata,
    spec: {
      ...spec,
      restartPolicy: spec.restartPolicy ?? 'Always',
      dnsPolicy: spec.dnsPolicy ?? 'ClusterFirst',
      securityContext: spec.securityContext ?? {},
      containers: spec.containers.map(containerDefaults),
      initContainers: (spec.initContainers ?? []).map(containerDefaults),
      ephemeralContainers: (spec.ephemeralContainers ?? []).map(containerDefaults),
      volumes: spec.volumes ?? [],
    },
  };
}

function containerDefaults<T extends Container>(container: T): T {
  const image = container.image ?? '';
  return {
    ...container,
    imagePullPolicy:
      container.imagePullPolicy ??
      (!hasTagOrDigest(image) || tagOf(image) === 'latest' ? 'Always' : 'IfNotPresent'),
    terminationMessagePath: container.terminationMessagePath || '/dev/termination-log',
    terminationMessagePolicy: container.terminationMessagePolicy || 'File',
  };
}
