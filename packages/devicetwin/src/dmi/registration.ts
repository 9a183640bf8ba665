import type { Logger } from '@edgecore/api';
import type { Store } from '@edgecore/store';
import { MAPPER_ROW_TYPE, type Mapper, mapperRowKey, mapperRowValue } from './mappers/mapper-row.js';
import type { DeviceInit, DeviceModelInit, MapperInfoMessage } from './messages.js';
import type { Inventory } from './objects/inventory.js';
import type { ObjectKey } from './objects/stored-object.js';
import { invalid } from './report.js';

/** Of each text a mapper says about itself. */
const MAX_TEXT_BYTES = 1024;

/** @throws {GrpcError} INVALID_ARGUMENT */
export function checkedMapper(info: MapperInfoMessage | undefined): Mapper {
  if (!info) throw invalid('MapperRegisterRequest has no mapper');
  if (info.protocol === '') {
    throw invalid(`fail to register mapper ${info.name} because the protocol is nil`);
  }
  const mapper = { ...info, address: Buffer.from(info.address).toString('utf8') };
  if (mapper.address === '') {
    throw invalid(`fail to register mapper ${info.name} because it has no address to call it at`);
  }
  for (const [key, value] of Object.entries(mapper)) {
    if (Buffer.byteLength(value) > MAX_TEXT_BYTES) throw invalid(`the mapper's ${key} is too long`);
  }
  return mapper;
}

/** Stores a mapper under its name; rows of those it takes the place of go in the same commit. */
export async function storeMapper(store: Store, mapper: Mapper, replaced: readonly Mapper[]): Promise<void> {
  const row = { type: MAPPER_ROW_TYPE, value: mapperRowValue(mapper) };
  const others = replaced.filter(({ name }) => name !== mapper.name).map(({ name }) => mapperRowKey(name));
  await store.write(
    store.db
      .insertInto('meta')
      .values({ key: mapperRowKey(mapper.name), ...row })
      .onConflict((conflict) => conflict.column('key').doUpdateSet(row)),
    ...others.map((key) =>
      store.db.deleteFrom('meta').where('key', '=', key).where('type', '=', MAPPER_ROW_TYPE),
    ),
  );
}

export interface MapperData {
  readonly modelList: DeviceModelInit[];
  readonly deviceList: DeviceInit[];
  /** The objects in these lists. */
  readonly keys: ObjectKey[];
}

/** Everything a mapper of this protocol works with: its devices, and each model they use once. */
export function mapperData(inventory: Inventory, protocol: string, log: Logger): MapperData {
  const models = new Map<ObjectKey, DeviceModelInit>();
  const devices = new Map<ObjectKey, DeviceInit>();
  for (const device of inventory.devices(protocol)) {
    const wanted = inventory.wanted(device, protocol);
    const model = inventory.model(device);
    const wantedModel = model && inventory.wanted(model, protocol);
    if (wanted.kind !== 'device' || wantedModel?.kind !== 'model') {
      log.info(
        { device: `${device.namespace}/${device.name}` },
        'a device waits for its model; its mapper is told when it comes',
      );
      continue;
    }
    devices.set(device, wanted.device);
    models.set(model!, wantedModel.model);
  }
  return {
    modelList: [...models.values()],
    deviceList: [...devices.values()],
    keys: [...models.keys(), ...devices.keys()],
  };
}
