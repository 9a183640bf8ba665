import type { DeviceAttrTable, DeviceTwinTable, Store } from '@edgecore/store';
import { type Attribute, type Device, NO_ATTRIBUTES, NO_TWINS } from '../model/device.js';
import type { Twin, TwinSide, TwinVersion } from '../model/twin.js';

type TwinRow = { readonly id: number } & Pick<
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
type AttributeRow = { readonly id: number } & Pick<
  DeviceAttrTable,
  'deviceid' | 'name' | 'value' | 'optional' | 'attr_type' | 'metadata'
>;

type MutableDevice = { -readonly [K in keyof Device]: Device[K] };

/** Rows read at a time: many at once would leave the process with their memory for good. */
const PAGE = 2000;

/** All devices of the database, a Go agent's too; NULL counts as unset (devicetwin.md §9). */
export async function loadDevices(store: Store): Promise<Map<string, Device>> {
  const { db } = store;
  const devices = new Map<string, MutableDevice>();
  for (const { id, name, description, state, last_online } of await store.all(
    db.selectFrom('device').selectAll(),
  )) {
    devices.set(id, {
      id,
      name: name ?? '',
      description: description ?? '',
      state: state ?? '',
      lastOnline: last_online ?? '',
      attributes: NO_ATTRIBUTES,
      twins: NO_TWINS,
    });
  }
  const shared = new Shared();
  for await (const row of pages<AttributeRow>((after) =>
    store.all(
      db
        .selectFrom('device_attr')
        .select(['id', 'deviceid', 'name', 'value', 'optional', 'attr_type', 'metadata'])
        .where('id', '>', after)
        .orderBy('id')
        .limit(PAGE),
    ),
  )) {
    const device = devices.get(row.deviceid ?? '');
    if (!device || !row.name) continue;
    if (device.attributes === NO_ATTRIBUTES) device.attributes = new Map();
    (device.attributes as Map<string, Attribute>).set(shared.text(row.name), attributeOf(row));
  }
  for await (const row of pages<TwinRow>((after) =>
    store.all(
      db
        .selectFrom('device_twin')
        .select([
          'id',
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
        .where('id', '>', after)
        .orderBy('id')
        .limit(PAGE),
    ),
  )) {
    const device = devices.get(row.deviceid ?? '');
    if (!device || !row.name) continue;
    if (device.twins === NO_TWINS) device.twins = new Map();
    // Of several rows of one name the last counts; nothing but habit keeps upstream's tables from having them.
    (device.twins as Map<string, Twin>).set(shared.text(row.name), twinOf(row, shared));
  }
  return devices;
}

async function* pages<Row extends { readonly id: number }>(
  read: (after: number) => Promise<Row[]>,
): AsyncGenerator<Row> {
  for (let after = 0; ; ) {
    const rows = await read(after);
    yield* rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.id;
  }
}

/** Texts and versions thousands of rows have in common, once. */
class Shared {
  readonly #texts = new Map<string, string>();
  readonly #versions = new Map<string, TwinVersion | undefined>();

  text(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }

  version(text: string | null): TwinVersion | undefined {
    const key = text ?? '';
    if (!this.#versions.has(key)) this.#versions.set(key, versionOf(text));
    return this.#versions.get(key);
  }
}

function attributeOf({ value, optional, attr_type, metadata }: AttributeRow): Attribute {
  return {
    value: value ?? '',
    optional: Boolean(optional),
    type: attr_type || 'string',
    metadata: metadata ?? '',
  };
}

function twinOf(row: TwinRow, shared: Shared): Twin {
  const twin: { -readonly [K in keyof Twin]: Twin[K] } = {
    optional: Boolean(row.optional),
    type: shared.text(row.attr_type || 'string'),
    metadata: shared.text(row.metadata ?? ''),
  };
  const expected = sideOf(row.expected, row.expected_meta);
  const actual = sideOf(row.actual, row.actual_meta);
  const expectedVersion = shared.version(row.expected_version);
  const actualVersion = shared.version(row.actual_version);
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
