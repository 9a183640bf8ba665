import { recordsOf } from '@edgecore/api';
import type { Init } from '@edgecore/grpc';
import {
  type DeviceInit,
  DeviceMethod,
  DeviceModel,
  type DeviceModelInit,
  DeviceProperty,
  DeviceStatus,
  ProtocolConfig,
} from '../messages.js';
import { fromObject } from './from-object.js';
import { record, type StoredObject, text } from './stored-object.js';

/** The name of a device's model, in the device's namespace. */
export function modelName(device: StoredObject): string {
  return text(record(device.spec['deviceModelRef'])['name']);
}

/** The protocol a device speaks, which decides its mapper. */
export function protocolOf(device: StoredObject): string {
  return text(record(device.spec['protocol'])['protocolName']);
}

/**
 * A device as its mapper gets it: merged with its model, whose visitors and
 * protocol configuration are the base (devicetwin.md §10.1). `desired`,
 * `visitors` and their `configData` are always there: the Go mappers look into
 * them unasked.
 */
export function effectiveDevice(device: StoredObject, model: StoredObject): DeviceInit {
  const visitorsOfModel = new Map(
    recordsOf(model.spec['properties']).map((property) => [
      text(property['name']),
      record(property['visitors']),
    ]),
  );
  const protocol = record(device.spec['protocol']);
  return {
    name: device.name,
    namespace: device.namespace,
    spec: {
      deviceModelReference: modelName(device),
      protocol: fromObject(ProtocolConfig, {
        ...protocol,
        configData: { ...record(model.spec['protocolConfigData']), ...record(protocol['configData']) },
      }),
      properties: recordsOf(device.spec['properties']).map((property) =>
        effectiveProperty(property, visitorsOfModel.get(text(property['name'])) ?? {}),
      ),
      methods: recordsOf(device.spec['methods']).map((method) => fromObject(DeviceMethod, method)),
    },
    status: deviceStatus(device),
  };
}

function effectiveProperty(
  property: Readonly<Record<string, unknown>>,
  base: Readonly<Record<string, unknown>>,
): Init<typeof DeviceProperty> {
  const visitors = record(property['visitors']);
  return fromObject(DeviceProperty, {
    ...property,
    desired: record(property['desired']),
    visitors: {
      ...base,
      ...visitors,
      configData: { ...record(base['configData']), ...record(visitors['configData']) },
    },
  });
}

/** `spec.stateReport`, or the place it had before. */
function deviceStatus(device: StoredObject): Init<typeof DeviceStatus> {
  const { reportToCloud, reportCycle } = record(device.spec['stateReport'] ?? device.status);
  return fromObject(DeviceStatus, { reportToCloud, reportCycle });
}

/** Visitors and protocol of a model are not sent: they are in the devices. */
export function modelMessage({ name, namespace, spec }: StoredObject): DeviceModelInit {
  const { properties, commands } = spec;
  return { ...fromObject(DeviceModel, { spec: { properties, commands } }), name, namespace };
}

/** The same device with its properties and methods in the order of their names, in which they mean the same. */
export function inOrder(device: DeviceInit): DeviceInit {
  const { spec } = device;
  if (!spec) return device;
  return {
    ...device,
    spec: { ...spec, properties: byName(spec.properties), methods: byName(spec.methods) },
  };
}

function byName<T extends { readonly name?: string | undefined }>(items: readonly T[] | undefined): T[] {
  return [...(items ?? [])].sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
}
