import { isNotFound } from '@edgecore/api';
import { ContainerHeldError } from '../errors.js';
import type { Container, EnvFromSource, EnvVar, Pod } from '../kube-types.js';
import type { ObjectSource } from '../ports/object-source.js';
import { expand } from './expand.js';
import { fieldValue, type PodAddresses } from './field-ref.js';
import { type NodeAllocatable, resourceValue } from './resource-field-ref.js';

export interface EnvironmentInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly objects: ObjectSource;
  readonly addresses: PodAddresses;
  readonly allocatable: NodeAllocatable;
  /** Variables of the agent itself (`KUBERNETES_SERVICE_HOST`): the pod's own of that name win. */
  readonly extra?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

type Kind = 'configmap' | 'secret';

/**
 * The container's environment in declaration order (edged.md §6.3).
 *
 * @throws {ContainerHeldError} `CreateContainerConfigError` when a required object or key is missing.
 * @throws whatever {@link ObjectSource} throws when an object cannot be read now.
 */
export async function environment(input: EnvironmentInput): Promise<Map<string, string>> {
  const { container, extra = {} } = input;
  const result = new Map<string, string>();
  const objects = new ObjectReader(input);
  for (const source of container.envFrom ?? []) {
    for (const [key, value] of await objects.all(source)) result.set(`${source.prefix ?? ''}${key}`, value);
  }
  for (const variable of container.env ?? []) {
    const value = await variableValue(variable, input, objects, result);
    if (value === undefined) continue;
    // A variable set again takes its later place, so `$(…)` sees the later value only after it.
    result.delete(variable.name);
    result.set(variable.name, value);
  }
  for (const name of result.keys()) {
    if (name === '' || /[=\0]/.test(name)) result.delete(name);
  }
  for (const [name, value] of Object.entries(extra)) if (!result.has(name)) result.set(name, value);
  return result;
}

async function variableValue(
  variable: EnvVar,
  { pod, container, addresses, allocatable }: EnvironmentInput,
  objects: ObjectReader,
  known: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  const from = variable.valueFrom;
  if (!from) return expand(variable.value ?? '', (name) => known.get(name));
  if (from.fieldRef) return fieldValue(pod, from.fieldRef.fieldPath, addresses);
  if (from.resourceFieldRef) return resourceValue(pod, container, from.resourceFieldRef, allocatable);
  if (from.configMapKeyRef) return objects.key('configmap', from.configMapKeyRef);
  if (from.secretKeyRef) return objects.key('secret', from.secretKeyRef);
  return '';
}

/** Reads each object once per container start. */
class ObjectReader {
  readonly #input: EnvironmentInput;
  readonly #read = new Map<string, Promise<ReadonlyMap<string, string> | undefined>>();

  constructor(input: EnvironmentInput) {
    this.#input = input;
  }

  async key(
    kind: Kind,
    { name = '', key, optional }: { name?: string; key: string; optional?: boolean },
  ): Promise<string | undefined> {
    const data = await this.#data(kind, name);
    if (!data && !optional) throw held(`${kind} "${name}" not found`);
    const value = data?.get(key);
    if (value === undefined && !optional) {
      const label = kind === 'configmap' ? 'ConfigMap' : 'Secret';
      throw held(`couldn't find key ${key} in ${label} ${this.#input.pod.metadata.namespace}/${name}`);
    }
    return value;
  }

  async all({ configMapRef, secretRef }: EnvFromSource): Promise<ReadonlyMap<string, string>> {
    const merged = new Map<string, string>();
    for (const [kind, ref] of [
      ['configmap', configMapRef],
      ['secret', secretRef],
    ] as const) {
      if (!ref) continue;
      const data = await this.#data(kind, ref.name ?? '');
      if (!data && !ref.optional) throw held(`${kind} "${ref.name ?? ''}" not found`);
      for (const [key, value] of data ?? []) merged.set(key, value);
    }
    return merged;
  }

  #data(kind: Kind, name: string): Promise<ReadonlyMap<string, string> | undefined> {
    const id = `${kind}/${name}`;
    const reading = this.#read.get(id) ?? this.#fetch(kind, name);
    this.#read.set(id, reading);
    return reading;
  }

  async #fetch(kind: Kind, name: string): Promise<ReadonlyMap<string, string> | undefined> {
    const { objects, pod, signal } = this.#input;
    const { namespace } = pod.metadata;
    try {
      if (kind === 'configmap') {
        return new Map(Object.entries((await objects.getConfigMap(namespace, name, signal)).data ?? {}));
      }
      const { data = {} } = await objects.getSecret(namespace, name, signal);
      return new Map(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
      );
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

function held(message: string): ContainerHeldError {
  return new ContainerHeldError('CreateContainerConfigError', message);
}
