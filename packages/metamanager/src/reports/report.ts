import { formatResource, isRecord, Operation, type ParsedResource, ResourceType } from '@edgecore/api';
import { parseJson } from '@edgecore/beehive';
import { UnacceptableMessageError } from '../errors.js';

/** A pod status or pod deletion on its way to the cloud, as kept in the outbox. */
export interface PodReport {
  readonly kind: 'podstatus' | 'podpatch' | 'deletion';
  readonly namespace: string;
  readonly name: string;
  /** `''` when the report did not carry one. */
  readonly uid: string;
  readonly source: string;
  readonly group: string;
  /** As it came; of a deletion only the uid counts, the form is made when it is sent. */
  readonly content: unknown;
}

const KINDS: Readonly<Record<string, PodReport['kind']>> = {
  [`${Operation.update} ${ResourceType.podstatus}`]: 'podstatus',
  [`${Operation.patch} ${ResourceType.podpatch}`]: 'podpatch',
  [`${Operation.delete} ${ResourceType.pod}`]: 'deletion',
};

/** The report a message of edged is, if it is one. */
export function reportKind(operation: string, type: string): PodReport['kind'] | undefined {
  return KINDS[`${operation} ${type}`];
}

/** @throws {UnacceptableMessageError} when it names no pod or its content is not of its kind. */
export function toReport(
  kind: PodReport['kind'],
  { namespace, name }: ParsedResource,
  { source, group, content }: { source: string; group: string; content: unknown },
): PodReport {
  if (name === '') throw new UnacceptableMessageError('a pod report needs the name of the pod');
  return { kind, namespace, name, uid: uidOf(kind, content), source, group, content };
}

/** Outbox key: latest per pod and kind; a status form replaces the other. */
export function reportKey({ namespace, name, uid, kind }: PodReport): string {
  return `${podPrefix(namespace, name)}${uid}/${kind === 'deletion' ? 'deletion' : 'status'}`;
}

/** What the keys of all reports of a pod name start with. */
export function podPrefix(namespace: string, name: string): string {
  return `${namespace}/${name}/`;
}

export function reportRoute({ kind, namespace, name }: PodReport): { operation: string; resource: string } {
  switch (kind) {
    case 'podstatus':
      return {
        operation: Operation.update,
        resource: formatResource(namespace, ResourceType.podstatus, name),
      };
    case 'podpatch':
      return { operation: Operation.patch, resource: formatResource(namespace, ResourceType.podpatch, name) };
    case 'deletion':
      return { operation: Operation.delete, resource: formatResource(namespace, ResourceType.pod, name) };
  }
}

function uidOf(kind: PodReport['kind'], content: unknown): string {
  if (kind === 'podstatus') return text(record(content)['UID']);
  if (kind === 'podpatch') return text(record(record(patchOf(content))['metadata'])['uid']);
  if (typeof content === 'string') return content;
  return text(record(record(content)['preconditions'])['uid']);
}

function patchOf(content: unknown): unknown {
  if (typeof content !== 'string') return content;
  try {
    return parseJson(content);
  } catch {
    throw new UnacceptableMessageError('the pod patch is not JSON');
  }
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
