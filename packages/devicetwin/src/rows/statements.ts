import { prepared, type Store } from '@edgecore/store';
import type { Attribute, Device } from '../model/device.js';
import { TOMBSTONE, type Twin, type TwinSide, type TwinVersion } from '../model/twin.js';

/** A statement of a unit of writes. */
export type Statement = Parameters<Store['write']>[number];

/** The rows of devices in upstream's three tables (devicetwin.md §9). */
export class DeviceRows {
  readonly #db: Store['db'];
  readonly #twinInsert: (parameters: readonly unknown[]) => Statement;
  readonly #twinUpdate: (parameters: readonly unknown[]) => Statement;

  constructor(store: Store) {
    this.#db = store.db;
    const row = twinRow('', '', { optional: false, type: '', metadata: '' });
    const { deviceid: _device, name: _name, description: _text, ...rest } = row;
    this.#twinInsert = prepared(this.#db.insertInto('device_twin').values(row));
    this.#twinUpdate = prepared(
      this.#db.updateTable('device_twin').set(rest).where('deviceid', '=', '').where('name', '=', ''),
    );
  }

  insertDevice({ id, name, description, state, lastOnline }: Device): Statement {
    return this.#db.replaceInto('device').values({ id, name, description, state, last_online: lastOnline });
  }

  updateDevice({ id, name, description, state, lastOnline }: Device): Statement {
    return this.#db
      .updateTable('device')
      .set({ name, description, state, last_online: lastOnline })
      .where('id', '=', id);
  }

  /** Everything of a device. */
  deleteDevice(id: string): Statement[] {
    return [
      this.#db.deleteFrom('device').where('id', '=', id),
      this.#db.deleteFrom('device_attr').where('deviceid', '=', id),
      this.#db.deleteFrom('device_twin').where('deviceid', '=', id),
    ];
  }

  insertTwin(id: string, key: string, twin: Twin): Statement {
    return this.#twinInsert(Object.values(twinRow(id, key, twin)));
  }

  updateTwin(id: string, key: string, twin: Twin): Statement {
    const { deviceid, name, description: _text, ...rest } = twinRow(id, key, twin);
    return this.#twinUpdate([...Object.values(rest), deviceid, name]);
  }

  /** No unique index says that there is one row: upstream's table has none. */
  writeAttribute(id: string, key: string, attribute: Attribute): Statement[] {
    return [
      this.deleteAttribute(id, key),
      this.#db.insertInto('device_attr').values({
        deviceid: id,
        name: key,
        description: '',
        value: attribute.value,
        optional: attribute.optional ? 1 : 0,
        attr_type: attribute.type,
        metadata: attribute.metadata,
      }),
    ];
  }

  deleteAttribute(id: string, key: string): Statement {
    return this.#db.deleteFrom('device_attr').where('deviceid', '=', id).where('name', '=', key);
  }
}

/** Unset texts are `''`; those of a deleted twin NULL, as upstream leaves them. */
function twinRow(deviceid: string, name: string, twin: Twin) {
  const unset = twin.type === TOMBSTONE ? null : '';
  return {
    deviceid,
    name,
    description: '',
    expected: twin.expected?.value ?? unset,
    actual: twin.actual?.value ?? unset,
    expected_meta: metaText(twin.expected) ?? unset,
    actual_meta: metaText(twin.actual) ?? unset,
    expected_version: versionText(twin.expectedVersion),
    actual_version: versionText(twin.actualVersion),
    optional: twin.optional ? 1 : 0,
    attr_type: twin.type,
    metadata: twin.metadata,
  };
}

function metaText(side: TwinSide | undefined): string | undefined {
  return side?.timestamp === undefined ? undefined : `{"timestamp":${side.timestamp}}`;
}

function versionText(version: TwinVersion | undefined): string {
  return version ? `{"cloud":${version.cloud},"edge":${version.edge}}` : '';
}
