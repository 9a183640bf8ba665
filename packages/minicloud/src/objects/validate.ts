import { isRecord, type KubeObject } from '@edgecore/api';
import { validateDevice, validateDeviceModel } from '../devices/device-manifest.js';
import { ApiError } from '../errors.js';
import { validateRouting } from '../router/rule-spec.js';
import { applicableKinds, findKind, type Kind, Kinds } from './kinds.js';
import { specOf } from './stored-object.js';

/** RFC 1123 subdomain: what Kubernetes takes as an object name; `/` in it would break resource strings. */
const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const WORKLOADS = /^(Deployment|ReplicaSet|StatefulSet|DaemonSet|Job|CronJob)$/;

/**
 * Checks an object people want applied and gives it a namespace.
 *
 * @throws {ApiError} Invalid, with one sentence saying what to change.
 */
export function validateObject(value: unknown): { kind: Kind; object: KubeObject } {
  if (!isRecord(value)) throw invalid('an object must be a mapping with apiVersion, kind and metadata');
  const word = value['kind'];
  if (typeof word !== 'string' || word === '') throw invalid('kind is missing');
  const kind = findKind(word);
  if (!kind?.applicable || kind.kind !== word) throw invalid(unknownKind(word));
  const versions = [kind.apiVersion, ...(kind.otherVersions ?? [])];
  if (!versions.includes(value['apiVersion'] as string)) {
    throw invalid(
      `apiVersion of a ${kind.kind} must be ${versions.join(' or ')}, not ${JSON.stringify(value['apiVersion'])}`,
    );
  }
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {};
  const name = metadata['name'];
  if (typeof name !== 'string' || name === '') throw invalid(`metadata.name of a ${kind.kind} is missing`);
  if (!NAME.test(name) || name.length > 253) {
    throw invalid(`metadata.name "${name}" may only have lower case letters, digits, "-" and "."`);
  }
  const namespace = metadata['namespace'] ?? 'default';
  if (typeof namespace !== 'string' || !LABEL.test(namespace) || namespace.length > 63) {
    throw invalid(
      `metadata.namespace ${JSON.stringify(namespace)} may only have lower case letters, digits and "-"`,
    );
  }
  const object = { ...value, metadata: { ...metadata, namespace } } as KubeObject;
  return { kind, object: completed(kind, object) };
}

/** Checks what is special to the kind and brings the object to the form it is stored in. */
function completed(kind: Kind, object: KubeObject): KubeObject {
  if (kind.kind === 'Pod') validatePod(object);
  if (kind.apiVersion === Kinds.rule.apiVersion) validateRouting(object);
  if (kind.kind === 'Secret') return secretData(object);
  if (kind.kind === 'Device') return validateDevice(object);
  return kind.kind === 'DeviceModel' ? validateDeviceModel(object) : object;
}

function unknownKind(word: string): string {
  const known = applicableKinds().join(', ');
  return WORKLOADS.test(word)
    ? `kind ${word} needs controllers this small cloud does not have; write a Pod instead (known: ${known})`
    : `kind ${word} is not known here (known: ${known})`;
}

function validatePod(pod: KubeObject): void {
  const { containers, initContainers, volumes } = specOf(pod);
  const label = `pod "${pod.metadata?.name}"`;
  if (!Array.isArray(containers) || containers.length === 0)
    throw invalid(`${label}: spec.containers is empty`);
  const seen = new Set<string>();
  for (const [field, list] of Object.entries({ initContainers: initContainers ?? [], containers })) {
    for (const [at, { name, image }] of mappings(list, `${label}: spec.${field}`)) {
      if (typeof name !== 'string' || !LABEL.test(name))
        throw invalid(`${at}.name is missing or not a valid name`);
      if (seen.has(name)) throw invalid(`${at}.name "${name}" is used twice`);
      seen.add(name);
      if (typeof image !== 'string' || image === '') throw invalid(`${at}.image is missing`);
    }
  }
  for (const [at, { name }] of mappings(volumes ?? [], `${label}: spec.volumes`)) {
    if (typeof name !== 'string' || !LABEL.test(name))
      throw invalid(`${at}.name is missing or not a valid name`);
  }
}

/** The elements of a list of mappings, each with where it is. */
function mappings(list: unknown, at: string): [string, Record<string, unknown>][] {
  if (!Array.isArray(list)) throw invalid(`${at} is not a list`);
  return list.map((value, index) => {
    if (!isRecord(value)) throw invalid(`${at}[${index}] is not a mapping`);
    return [`${at}[${index}]`, value];
  });
}

/** `stringData` is for writing only: it becomes base64 in `data`. */
function secretData(secret: KubeObject): KubeObject {
  const { stringData, ...rest } = secret;
  const data = { ...(isRecord(rest['data']) ? rest['data'] : {}) };
  if (isRecord(stringData)) {
    for (const [key, text] of Object.entries(stringData))
      data[key] = Buffer.from(String(text)).toString('base64');
  }
  for (const [key, value] of Object.entries(data)) {
    if (typeof value !== 'string' || !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value)) {
      throw invalid(
        `secret "${secret.metadata?.name}": data.${key} is not base64; put plain text under stringData`,
      );
    }
  }
  return { type: 'Opaque', ...rest, data };
}

function invalid(message: string): ApiError {
  return new ApiError('Invalid', 422, message);
}
