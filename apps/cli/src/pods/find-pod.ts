import { CliError } from '../errors.js';
import { nodeRequest } from '../node/node-client.js';
import type { PodName } from './pod-name.js';

interface NamedContainer {
  readonly name: string;
  readonly tty?: boolean;
  readonly stdin?: boolean;
}

/** What is read of a pod in the answer of `/pods`. */
export interface ListedPod {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly containers: readonly NamedContainer[];
    readonly initContainers?: readonly NamedContainer[];
    readonly ephemeralContainers?: readonly NamedContainer[];
  };
  readonly status?: { readonly phase?: string };
}

/** Names shown in a message. */
const SHOWN = 20;

/** All pods of the node. @throws {CliError} */
export async function listPods(socket: string): Promise<readonly ListedPod[]> {
  const { items } = JSON.parse(await nodeRequest(socket, '/pods')) as { items: ListedPod[] | null };
  return items ?? [];
}

/** The pod of that name. @throws {CliError} naming those there are. */
export function pickPod(pods: readonly ListedPod[], { namespace, name }: PodName): ListedPod {
  const found = pods.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  if (found) return found;
  const elsewhere = pods.find(({ metadata }) => metadata.name === name)?.metadata.namespace;
  const names = pods.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort();
  const shown = names.slice(0, SHOWN).join(', ') + (names.length > SHOWN ? ', …' : '');
  const hint =
    elsewhere !== undefined
      ? `; there is one in another namespace: -n ${elsewhere}`
      : names.length === 0
        ? '; it has no pods'
        : `; it has ${shown}`;
  throw new CliError(`pod "${namespace}/${name}" not found on this node${hint}`);
}

/** Which container of a pod, and what to tell about the choice. */
export interface ContainerChoice {
  readonly container: NamedContainer;
  readonly note?: string;
}

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/**
 * The container that is asked for, else the one the pod's annotation names, else the first.
 * @throws {CliError} naming those there are.
 */
export function pickContainer(pod: ListedPod, wanted: string | undefined): ContainerChoice {
  const all = allContainers(pod);
  const names = describeContainers(pod);
  if (wanted !== undefined) {
    const container = all.find(({ name }) => name === wanted);
    if (container) return { container };
    throw new CliError(`container "${wanted}" not found in pod "${pod.metadata.name}"; it has ${names}`);
  }
  const annotated = pod.metadata.annotations?.[DEFAULT_CONTAINER];
  const container = all.find(({ name }) => name === annotated);
  if (container) return { container };
  const first = pod.spec.containers[0]!;
  if (all.length === 1) return { container: first };
  return { container: first, note: `Defaulted container "${first.name}" out of: ${names}` };
}

/** In the order a kubelet starts them, init containers first. */
export function allContainers({ spec }: ListedPod): readonly NamedContainer[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
}

function describeContainers({ spec }: ListedPod): string {
  return [
    ...spec.containers.map(({ name }) => name),
    ...(spec.ephemeralContainers ?? []).map(({ name }) => `${name} (ephem)`),
    ...(spec.initContainers ?? []).map(({ name }) => `${name} (init)`),
  ].join(', ');
}
