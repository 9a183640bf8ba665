import { isRecord, type KubeObject } from '@edgecore/api';
import { ApiError } from '../errors.js';
import { type Fields, specOf, statusOf } from '../objects/stored-object.js';
import { text } from './device-fields.js';

/**
 * Manifests of 2020 (`v1alpha1`, `v1alpha2`) as `v1beta1` objects: the node
 * from `nodeSelector`, wishes from `status.twins`, visitors by property. What
 * the 2020 wire carries of a device is all in the result.
 *
 * @throws {ApiError} Invalid, when the selector names no node or several.
 */
export function deviceFromV1alpha(device: KubeObject): KubeObject {
  const { nodeSelector, propertyVisitors, protocol, ...rest } = specOf(device);
  const nodeName = nodeOf(nodeSelector, text(device.metadata?.name));
  const twins = named(statusOf(device)['twins'], 'propertyName');
  const visitors = named(propertyVisitors, 'propertyName');
  const properties = [...new Set([...twins.keys(), ...visitors.keys()])].map((name) => {
    const desired = twins.get(name)?.['desired'];
    const { propertyName: _name, reportCycle, collectCycle, ...visitor } = visitors.get(name) ?? {};
    return {
      name,
      ...(isRecord(desired) ? { desired: { value: '', ...desired } } : {}),
      ...(visitors.has(name) ? { visitors: protocolOf(visitor) } : {}),
      ...(reportCycle === undefined ? {} : { reportCycle }),
      ...(collectCycle === undefined ? {} : { collectCycle }),
    };
  });
  const { status: _status, ...object } = device;
  return {
    ...object,
    spec: {
      ...rest,
      ...(nodeName === undefined ? {} : { nodeName }),
      properties,
      ...(isRecord(protocol) ? { protocol: protocolOf(protocol) } : {}),
    },
  };
}

/** A model of 2020: its types are keys with their limits below them. */
export function modelFromV1alpha(model: KubeObject): KubeObject {
  const { properties, propertyVisitors, ...rest } = specOf(model);
  const visitors = named(propertyVisitors, 'propertyName');
  const flat = [...named(properties, 'name')].map(([name, { type, ...property }]) => {
    const [word, limits] = isRecord(type) ? (Object.entries(type)[0] ?? []) : [];
    const { accessMode, minimum, maximum, unit } = isRecord(limits) ? limits : {};
    const { propertyName: _name, ...visitor } = visitors.get(name) ?? {};
    return {
      ...property,
      ...(word === undefined ? {} : { type: word.toUpperCase() }),
      ...(accessMode === undefined ? {} : { accessMode }),
      // Limits are numbers there and texts today.
      ...(minimum === undefined ? {} : { minimum: String(minimum) }),
      ...(maximum === undefined ? {} : { maximum: String(maximum) }),
      ...(unit === undefined ? {} : { unit }),
      ...(visitors.has(name) ? { visitors: protocolOf(visitor) } : {}),
    };
  });
  return { ...model, spec: { ...rest, properties: flat } };
}

/** `{modbus: {…}}` as `{protocolName: modbus, configData: {…}}`; what is common to the protocols joins it. */
function protocolOf(value: Fields): Fields {
  const { common, customizedValues, ...protocols } = value;
  const [name, config] = Object.entries(protocols).find(([, entry]) => isRecord(entry)) ?? [];
  const { protocolName, configData, ...own } = isRecord(config) ? config : {};
  return {
    protocolName: text(protocolName) || (name ?? ''),
    configData: {
      ...(isRecord(common) ? common : {}),
      ...own,
      ...(isRecord(configData) ? configData : {}),
      ...(isRecord(customizedValues) ? customizedValues : {}),
    },
  };
}

function nodeOf(selector: unknown, device: string): string | undefined {
  if (selector === undefined || selector === null) return undefined;
  const terms = isRecord(selector) ? selector['nodeSelectorTerms'] : undefined;
  const term: unknown = Array.isArray(terms) ? terms[0] : undefined;
  const { matchExpressions, matchFields } = isRecord(term) ? term : {};
  const lists = [matchExpressions, matchFields].filter(Array.isArray).flat() as unknown[];
  const values = lists.flatMap((match) => (isRecord(match) ? match['values'] : []));
  const [node] = values;
  if (values.length !== 1 || typeof node !== 'string' || node === '') {
    throw new ApiError(
      'Invalid',
      422,
      `device "${device}": spec.nodeSelector must name one node, the one the device is attached to`,
    );
  }
  return node;
}

function named(list: unknown, key: string): Map<string, Fields> {
  const entries = Array.isArray(list) ? list.filter(isRecord) : [];
  return new Map(entries.map((entry) => [text(entry[key]), entry]));
}
