import { isRecord, recordsOf } from '@edgecore/api';
import { badRequest, notFound } from '../objects/api-status.js';
import { Kinds } from '../objects/kinds.js';
import type { ObjectStore } from '../objects/object-store.js';
import { type Fields, type StoredObject, specOf, statusOf } from '../objects/stored-object.js';

/** A pod that a node has. */
export interface PodTarget {
  readonly pod: StoredObject;
  readonly node: string;
}

/** @throws {ApiError} NotFound, or BadRequest when no node has it. */
export function podTarget(objects: ObjectStore, namespace: string, name: string): PodTarget {
  const pod = objects.get(Kinds.pod, namespace, name);
  if (!pod) throw notFound(Kinds.pod, name);
  const node = specOf(pod)['nodeName'];
  if (typeof node === 'string' && node !== '') return { pod, node };
  throw badRequest(`pod ${name} does not have a host assigned: no node has joined that could run it`);
}

/** The container asked for, or the only one. @throws {ApiError} BadRequest, naming those there are. */
export function containerOf(pod: StoredObject, asked: string | null): string {
  const spec = specOf(pod);
  const main = namesOf(spec['containers']);
  const all = [...main, ...namesOf(spec['initContainers']), ...namesOf(spec['ephemeralContainers'])];
  const { name, annotations } = pod.metadata;
  const chosen = asked || annotations?.['kubectl.kubernetes.io/default-container'] || undefined;
  if (chosen !== undefined && all.includes(chosen)) return chosen;
  if (asked) throw badRequest(`container ${asked} is not valid for pod ${name}; it has: ${all.join(', ')}`);
  if (main.length === 1) return main[0]!;
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${main.join(' ')}]`);
}

/** @throws {ApiError} BadRequest when the container never ran: there is no log of it. */
export function checkHasLog(pod: StoredObject, container: string): void {
  const status = statusOf(pod);
  const all = [status['containerStatuses'], status['initContainerStatuses']].flatMap(recordsOf);
  const found = all.find((one) => one['name'] === container);
  const state = isRecord(found?.['state']) ? found['state'] : {};
  const waiting = state['waiting'];
  const ranBefore = isRecord(found?.['lastState']) && isRecord(found['lastState']['terminated']);
  if (!isRecord(waiting) || ranBefore || Number(found?.['restartCount'] ?? 0) > 0) return;
  throw badRequest(
    `container "${container}" in pod "${pod.metadata.name}" is waiting to start: ${waitingText(waiting)}`,
  );
}

/** @throws {ApiError} BadRequest for a pod whose containers have ended for good. */
export function checkIsAlive(pod: StoredObject, verb: string): void {
  const phase = statusOf(pod)['phase'];
  if (phase !== 'Succeeded' && phase !== 'Failed') return;
  const { name } = pod.metadata;
  throw badRequest(
    `cannot ${verb} pod ${name}: it has ended, its phase is ${phase}; its log can still be read`,
  );
}

function waitingText({ reason, message }: Fields): string {
  const known = [reason, message].filter((one) => typeof one === 'string' && one !== '');
  return known.length > 0 ? known.join(': ') : 'no reason known yet';
}

function namesOf(containers: unknown): string[] {
  return recordsOf(containers).map((one) => String(one['name']));
}
