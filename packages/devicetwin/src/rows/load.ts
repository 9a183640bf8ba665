import type { DeviceAttrTable, DeviceTwinTable, Store } from '@edgecore/store';
import type { Attribute, Device } from '../model/device.js';
import type { Twin, TwinSide, TwinVersion } from '../model/twin.js';

type TwinRow = Pick<
  DeviceTwinTable,
  | 'deviceid'
  | 'name'
  | 'expected'
  | 'actual'
  | 'expected_meta'
  | 'actual_meta'
  | 'expected_version'
  | 'actual_version'
  | 'optional'
  | 'attr_type'
  | 'metadata'
>;
type AttributeRow = Pick<
  DeviceAttrTable,
  'deviceid' | 'name' | 'value' | 'optional' | 'attr_type' | 'metadata'
>;

/** All devices of the database, a Go agent's too; NULL counts as unset (devicetwin.md §9). */
export async function loadDevices(store: Store): Promise<Map<string, Device>> {
  const { db } = store;
  const devices = await store.all(db.selectFrom('device').selectAll());
  const attributes = await store.all<AttributeRow>(
    db
      .selectFrom('device_attr')
      .select(['deviceid', 'name', 'value', 'optional', 'attr_type', 'metadata'])
      .orderBy('id'),
  );
  const twins = await store.all<TwinRow>(
    db
      .selectFrom('device_twin')
      .select([
        'deviceid',
        'name',
        'expected',
        'actual',
        'expected_meta',
        'actual_meta',
        'expected_version',
        'actual_version',
        'optional',
        'attr_type',
        'metadata',
      ])
      .orderBy('id'),
  );
  const twinsOf = grouped(twins, twinOf);
  const attributesOf = grouped(attributes, attributeOf);
  return new Map(
    devices.map(({ id, name, description, state, last_online }) => [
      id,
      {
        id,
        name: name ?? '',
        description: description ?? '',
        state: state ?? '',
        lastOnline: last_online ?? '',
        attributes: attributesOf.get(id) ?? new Map(),
        twins: twinsOf.get(id) ?? new Map(),
      },
    ]),
  );
}

/** Of several rows of one name the last counts; nothing but habit keeps upstream's tables from having them. */
function grouped<Row extends { deviceid: string | null; name: string | null }, T>(
  rows: readonly Row[],
  read: (row: Row) => T,
): Map<string, Map<string, T>> {
  const groups = new Map<string, Map<string, T>>();
  for (const row of rows) {
    if (!row.deviceid || !row.name) continue;
    let group = groups.get(row.deviceid);
    if (!group) {
      group = new Map();
      groups.set(row.deviceid, group);
    }
    group.set(row.name, read(row));
  }
  return groups;
}

function attributeOf({ value, optional, attr_type, metadata }: AttributeRow): Attribute {
  return {
    value: value ?? '',
    optional: Boolean(optional),
    type: attr_type || 'string',
    metadata: metadata ?? '',
  };
}

function twinOf(row: TwinRow): Twin {
  const twin: { -readonly [K in keyof Twin]: Twin[K] } = {
    optional: Boolean(row.optional),
    type: row.attr_type || 'string',
    metadata: row.metadata ?? '',
  };
  const expected = sideOf(row.expected, row.expected_meta);
  const actual = sideOf(row.actual, row.actual_meta);
  const expectedVersion = versionOf(row.expected_version);
  const actualVersion = versionOf(row.actual_version);
  if (expected) twin.expected = expected;
  if (actual) twin.actual = actual;
  if (expectedVersion) twin.expectedVersion = expectedVersion;
  if (actualVersion) twin.actualVersion = actualVersion;
  return twin;
}

function sideOf(value: string | null, meta: string | null): TwinSide | undefined {
  if (!value) return undefined;
  const timestamp = numberIn(meta, 'timestamp');
  return timestamp === undefined ? { value } : { value, timestamp };
}

function versionOf(text: string | null): TwinVersion | undefined {
  const cloud = numberIn(text, 'cloud');
  const edge = numberIn(text, 'edge');
  return cloud === undefined && edge === undefined ? undefined : { cloud: cloud ?? 0, edge: edge ?? 0 };
}

/** A number of the small JSON texts in columns; whatever cannot be read counts as absent. */
function numberIn(text: string | null, key: 'timestamp' | 'cloud' | 'edge'): number | undefined {
  if (!text) return undefined;
  try {
    const value = (JSON.parse(text) as Record<string, unknown> | null)?.[key];
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
