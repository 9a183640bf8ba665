import { existsSync } from 'node:fs';
import type { CloudProfileName } from '@edgecore/api';
import Sqlite from 'better-sqlite3';
import type { EdgeSite } from './edge-site.js';
import type { Counter, NumberedMapper } from './numbered-mapper.js';

/** A model and its devices, each with so many counting properties. */
export async function applyCounters(
  site: EdgeSite,
  names: readonly string[],
  properties: number,
): Promise<void> {
  const list = Array.from({ length: properties }, (_, n) => `p${n}`);
  await site.cloud.apply({
    apiVersion: 'devices.kubeedge.io/v1beta1',
    kind: 'DeviceModel',
    metadata: { name: 'counter', namespace: 'default' },
    spec: { properties: list.map((name) => ({ name, type: 'INT', accessMode: 'ReadOnly' })) },
  });
  for (const name of names) {
    await site.cloud.apply({
      apiVersion: 'devices.kubeedge.io/v1beta1',
      kind: 'Device',
      metadata: { name, namespace: 'default' },
      spec: {
        deviceModelRef: { name: 'counter' },
        nodeName: site.node,
        protocol: { protocolName: 'mqtt' },
        properties: list.map((name) => ({ name })),
      },
    });
  }
}

/** A device's name in topics and tables. */
export function deviceId(profile: CloudProfileName, name: string): string {
  return profile === '2020' ? name : `default/${name}`;
}

/** Reads the measured values off the file of an agent that does not run. */
export function valuesOnDisk(path: string): Map<string, string> {
  if (!existsSync(path)) return new Map();
  const db = new Sqlite(path, { readonly: true });
  try {
    const rows = db.prepare('SELECT deviceid, name, actual FROM device_twin').all() as {
      deviceid: string;
      name: string;
      actual: string | null;
    }[];
    return new Map(rows.map(({ deviceid, name, actual }) => [`${deviceid}/${name}`, actual ?? '']));
  } finally {
    db.close();
  }
}

/** Counters whose number on disk is neither the acknowledged one nor the one on its way. */
export function lostOnDisk(mapper: NumberedMapper, onDisk: ReadonlyMap<string, string>): string[] {
  return mapper.counters
    .filter((counter) => !fits(counter, onDisk.get(key(counter))))
    .map((counter) => {
      return `${key(counter)}: acknowledged ${counter.acknowledged}, on disk ${onDisk.get(key(counter))}`;
    });
}

/** Counters of which the cloud has not heard the last acknowledged number. */
export function behindInCloud(site: EdgeSite, mapper: NumberedMapper): string[] {
  return mapper.counters
    .map((counter) => {
      const reported = site.cloud.device(counter.device)?.properties[counter.property]?.reported?.value;
      return { counter, reported };
    })
    .filter(({ counter, reported }) => (reported ?? '') !== numberText(counter.acknowledged))
    .map(
      ({ counter, reported }) =>
        `${key(counter)}: acknowledged ${counter.acknowledged}, cloud has ${reported}`,
    );
}

function fits({ acknowledged, sent }: Counter, value = ''): boolean {
  return value === numberText(acknowledged) || value === numberText(sent);
}

function numberText(number: number): string {
  return number === 0 ? '' : String(number);
}

function key({ device, property }: Counter): string {
  return `${device}/${property}`;
}
