import { isRecord } from '@edgecore/api';
import type { Fields } from '../objects/stored-object.js';
import { type TwinProperty, text } from './device-fields.js';

/** What an edge says about one property; a side it does not mention is absent. */
export interface PropertyReport {
  readonly reported?: TwinProperty;
  readonly observedDesired?: TwinProperty;
}

/** A property in a device's status (devicetwin.md §10.1). */
export interface StatusTwin extends PropertyReport {
  readonly propertyName: string;
}

export interface StateReport {
  readonly state: string;
  /** RFC 3339; absent: not told. */
  readonly lastOnlineTime?: string;
}

/** Reads `edge_updated`, an object or JSON text. `undefined`: it cannot be read. */
export function parseTwinReport(content: unknown): ReadonlyMap<string, PropertyReport> | undefined {
  const twin = objectOf(content)?.['twin'];
  if (!isRecord(twin)) return undefined;
  const reports = new Map<string, PropertyReport>();
  for (const [name, value] of Object.entries(twin)) {
    if (!isRecord(value)) continue;
    const type = isRecord(value['metadata']) ? text(value['metadata']['type']) : '';
    const reported = sideOf(value['actual'], type);
    const observedDesired = sideOf(value['expected'], type);
    reports.set(name, { ...(reported ? { reported } : {}), ...(observedDesired ? { observedDesired } : {}) });
  }
  return reports;
}

/** Reads a state report, an object or JSON text. `undefined`: it cannot be read. */
export function parseStateReport(content: unknown): StateReport | undefined {
  const device = objectOf(content)?.['device'];
  if (!isRecord(device) || typeof device['state'] !== 'string') return undefined;
  const lastOnlineTime = text(device['lastOnlineTime']);
  return { state: device['state'], ...(lastOnlineTime === '' ? {} : { lastOnlineTime }) };
}

export interface MergeRules {
  /** Names the cloud keeps; others are dropped (devicetwin.md §8.2, §8.4). */
  readonly properties: readonly string[];
  /** False: only measured values count (2020, devicetwin.md §8.2). */
  readonly keepsObservedDesired: boolean;
  /** A property without an entry gets an empty one and the report is lost (v1.23.1, devicetwin.md §8.4). */
  readonly losesFirst: boolean;
}

/** The twins of a status after a report. Properties that are gone lose their entry. */
export function mergeReport(
  twins: readonly StatusTwin[],
  report: ReadonlyMap<string, PropertyReport>,
  { properties, keepsObservedDesired, losesFirst }: MergeRules,
): StatusTwin[] {
  const before = new Map(twins.map((twin) => [twin.propertyName, twin]));
  return properties.flatMap((propertyName) => {
    const twin = before.get(propertyName);
    const { reported, observedDesired } = report.get(propertyName) ?? {};
    const given = {
      ...(reported ? { reported } : {}),
      ...(observedDesired && keepsObservedDesired ? { observedDesired } : {}),
    };
    if (Object.keys(given).length === 0) return twin ? [twin] : [];
    if (!twin && losesFirst) return [{ propertyName, reported: { value: '' } }];
    return [{ ...twin, propertyName, ...given }];
  });
}

/** The twins of a stored status. */
export function statusTwins(status: Fields): StatusTwin[] {
  const { twins } = status;
  return Array.isArray(twins) ? (twins as StatusTwin[]) : [];
}

/** A side without a value says nothing: a deletion, mostly (devicetwin.md §12, case 7). */
function sideOf(side: unknown, type: string): TwinProperty | undefined {
  if (!isRecord(side) || typeof side['value'] !== 'string') return undefined;
  const timestamp = isRecord(side['metadata']) ? side['metadata']['timestamp'] : undefined;
  const metadata = {
    ...(typeof timestamp === 'number' ? { timestamp: String(timestamp) } : {}),
    ...(type === '' ? {} : { type }),
  };
  return { value: side['value'], ...(Object.keys(metadata).length > 0 ? { metadata } : {}) };
}

function objectOf(content: unknown): Fields | undefined {
  if (isRecord(content)) return content;
  const json = content instanceof Uint8Array ? Buffer.from(content).toString('utf8') : content;
  if (typeof json !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
