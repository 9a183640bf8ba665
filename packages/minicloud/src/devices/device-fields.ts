import { type CloudProfileName, isRecord, type KubeObject } from '@edgecore/api';
import { type Fields, namespaceOf, type StoredObject, specOf } from '../objects/stored-object.js';

/** A value of a device's spec or status: `metadata` holds `type`, in reports also `timestamp` (devicetwin.md §10.1). */
export interface TwinProperty {
  readonly value: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The node a device is attached to; `''` while it waits for one. */
export function nodeOfDevice(device: KubeObject): string {
  return text(specOf(device)['nodeName']);
}

/** Name of the device's model, in the device's namespace; `''` without one. */
export function modelOf(device: KubeObject): string {
  const reference = specOf(device)['deviceModelRef'];
  return isRecord(reference) ? text(reference['name']) : '';
}

export function propertiesOf(device: KubeObject): Fields[] {
  const { properties } = specOf(device);
  return Array.isArray(properties) ? properties.filter(isRecord) : [];
}

export function propertyNames(device: KubeObject): string[] {
  return propertiesOf(device).map(({ name }) => text(name));
}

/** What the cloud wants of a property; an unset wish is `''` (devicetwin.md §8.1). */
export function desiredOf(property: Fields): TwinProperty {
  const { desired } = property;
  if (!isRecord(desired)) return { value: '' };
  const value = text(desired['value']);
  const { metadata } = desired;
  return isRecord(metadata) ? { value, metadata: metadata as Record<string, string> } : { value };
}

/** Devices are described by a label, as CloudCore reads it (devicetwin.md §8.1). */
export function descriptionOf(device: KubeObject): string {
  return device.metadata?.labels?.['description'] ?? '';
}

/** How the wire names a device: one word in 2020, two today (devicetwin.md, trap 1). */
export function wireId(device: StoredObject, profile: CloudProfileName): string {
  const { name } = device.metadata;
  return profile === '2020' ? name : `${namespaceOf(device)}/${name}`;
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
