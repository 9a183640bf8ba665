import type { Logger } from '@edgecore/api';
import type { Store } from '@edgecore/store';
import { MAPPER_ROW_TYPE, type Mapper, parseMapperRow } from './mappers/mapper-row.js';
import { parseContent, parseKey, type StoredObject, storedObject } from './objects/stored-object.js';

export interface LoadedRows {
  readonly objects: StoredObject[];
  readonly mappers: Mapper[];
}

/** Devices, models and mappers of the table `meta`; a row that cannot be read is left out with a warning. */
export async function loadRows(store: Store, log: Logger): Promise<LoadedRows> {
  const rows = await store.all(
    store.db
      .selectFrom('meta')
      .select(['key', 'type', 'value'])
      .where('type', 'in', ['device', 'devicemodel', MAPPER_ROW_TYPE]),
  );
  const objects: StoredObject[] = [];
  const mappers: Mapper[] = [];
  for (const { key, type, value } of rows) {
    const loaded = type === MAPPER_ROW_TYPE ? parseMapperRow(value) : storedRow(key, type, value);
    if (!loaded) log.warn({ key, type }, 'a row of the database cannot be read and is left out');
    else if ('spec' in loaded) objects.push(loaded);
    else mappers.push(loaded);
  }
  return { objects, mappers };
}

function storedRow(key: string, type: string, value: string | null): StoredObject | undefined {
  const parsed = parseKey(key);
  const object = parseContent(value);
  return parsed && object && parsed.type === type ? storedObject(parsed, object) : undefined;
}
