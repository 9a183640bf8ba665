import { isRecord, type KubeObject } from '@edgecore/api';
import { ApiError } from '../errors.js';
import { Kinds } from '../objects/kinds.js';
import { type Fields, specOf, statusOf } from '../objects/stored-object.js';
import { deviceFromV1alpha, modelFromV1alpha } from './device-v1alpha.js';

/** What one message can carry without being a burden (devicetwin.md §6). */
const MAX_VALUE_BYTES = 64 * 1024;
const TYPES = ['INT', 'FLOAT', 'DOUBLE', 'STRING', 'BOOLEAN', 'BYTES', 'STREAM'];
const ACCESS_MODES = ['ReadWrite', 'ReadOnly'];

/**
 * Checks a `Device` of any version and completes it as the API server does:
 * every property has `desired` and `visitors` (devicetwin.md §10.1).
 *
 * @throws {ApiError} Invalid, with one sentence saying what to change.
 */
export function validateDevice(object: KubeObject): KubeObject {
  const at = `device "${object.metadata?.name}"`;
  const alpha = isAlpha(object);
  if (alpha)
    for (const [where, twin] of entries(statusOf(object)['twins'], `${at}: status.twins`))
      nameOf(twin, 'propertyName', where);
  const device = alpha ? deviceFromV1alpha(checkSpec(object, at)) : checkSpec(object, at);
  const spec = specOf(device);
  const { deviceModelRef, nodeName, protocol } = spec;
  if (deviceModelRef !== undefined) {
    if (!isRecord(deviceModelRef)) throw invalid(`${at}: spec.deviceModelRef is not a mapping`);
    nameOf(deviceModelRef, 'name', `${at}: spec.deviceModelRef`);
  }
  if (nodeName !== undefined && typeof nodeName !== 'string')
    throw invalid(`${at}: spec.nodeName is not a text`);
  if (protocol !== undefined && !isRecord(protocol)) throw invalid(`${at}: spec.protocol is not a mapping`);
  const properties = unique(spec['properties'], `${at}: spec.properties`).map(([where, property]) => {
    const desired = property['desired'] ?? { value: '' };
    if (!isRecord(desired)) throw invalid(`${where}.desired is not a mapping with a value`);
    checkValue(desired['value'] ?? '', `${where}.desired.value`);
    return {
      ...property,
      desired: { ...desired, value: desired['value'] ?? '' },
      visitors: property['visitors'] ?? {},
    };
  });
  // Reports alone make a status.
  const { status: _status, apiVersion: _version, ...rest } = device;
  return { ...rest, spec: { ...spec, properties } };
}

/** Checks a `DeviceModel` of any version. @throws {ApiError} Invalid, as {@link validateDevice}. */
export function validateDeviceModel(object: KubeObject): KubeObject {
  const at = `device model "${object.metadata?.name}"`;
  const checked = checkSpec(object, at);
  unique(specOf(checked)['properties'], `${at}: spec.properties`);
  const { apiVersion: _version, ...model } = isAlpha(object) ? modelFromV1alpha(checked) : checked;
  for (const [where, { type, accessMode }] of entries(
    specOf(model)['properties'],
    `${at}: spec.properties`,
  )) {
    oneOf(type, TYPES, `${where}.type`);
    oneOf(accessMode, ACCESS_MODES, `${where}.accessMode`);
  }
  return model;
}

/** @throws {ApiError} Invalid, when it is not a text of at most 64 KiB. */
export function checkValue(value: unknown, where: string): string {
  if (typeof value !== 'string') {
    throw invalid(`${where} must be a text: write it in quotes, "${String(value)}"`);
  }
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES)
    throw invalid(`${where} is longer than ${MAX_VALUE_BYTES} bytes`);
  return value;
}

function isAlpha({ apiVersion }: KubeObject): boolean {
  return apiVersion !== undefined && apiVersion !== Kinds.device.apiVersion;
}

function checkSpec(object: KubeObject, at: string): KubeObject {
  if (!isRecord(object['spec'])) throw invalid(`${at}: spec is missing`);
  return object;
}

function unique(list: unknown, at: string): [string, Fields][] {
  const seen = new Set<string>();
  const found = entries(list, at);
  for (const [where, entry] of found) {
    const name = nameOf(entry, 'name', where);
    if (seen.has(name)) throw invalid(`${where}.name "${name}" is used twice`);
    seen.add(name);
  }
  return found;
}

function entries(list: unknown, at: string): [string, Fields][] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw invalid(`${at} is not a list`);
  return list.map((entry, index) => {
    if (!isRecord(entry)) throw invalid(`${at}[${index}] is not a mapping`);
    return [`${at}[${index}]`, entry];
  });
}

function nameOf(entry: Fields, key: string, where: string): string {
  const name = entry[key];
  if (typeof name !== 'string' || name === '') throw invalid(`${where}.${key} is missing`);
  return name;
}

function oneOf(value: unknown, words: readonly string[], where: string): void {
  if (value === undefined || words.includes(value as string)) return;
  throw invalid(`${where} must be one of ${words.join(', ')}, not ${JSON.stringify(value)}`);
}

function invalid(message: string): ApiError {
  return new ApiError('Invalid', 422, message);
}
