import { isKubeObject, ResourceType } from '@edgecore/api';
import type { Rows } from './inputs/rows.js';
import { wantsAddress } from './mesh-state.js';
import type { Catalog } from './model/catalog.js';
import type { VipBook, VipChange } from './vip/vip-book.js';

export interface RestoreOptions {
  readonly rows: Rows;
  readonly catalog: Catalog;
  readonly book: VipBook;
  readonly virtual: boolean;
}

/**
 * Fills catalogue and addresses from the database, so that everything works
 * after a restart without a cloud.
 *
 * @returns what must change among the stored addresses.
 */
export async function restore({ rows, catalog, book, virtual }: RestoreOptions): Promise<VipChange[]> {
  const services = (await rows.objects(ResourceType.service)).filter(isKubeObject);
  const endpoints = (await rows.objects(ResourceType.endpoints)).filter(isKubeObject);
  for (const service of services) {
    catalog.putService(service.metadata.namespace ?? '', service.metadata.name, service);
  }
  for (const one of endpoints) catalog.putEndpoints(one.metadata.namespace ?? '', one.metadata.name, one);
  const known = [...catalog.services.values()];
  const lists = await rows.podLists(known);
  for (const [index, list] of lists.entries()) {
    const { namespace, name } = known[index]!;
    if (list !== undefined) catalog.putPods(namespace, name, list);
  }
  // Kept for when there are virtual addresses again.
  if (!virtual) return [];
  const wanted = known.filter((service) => wantsAddress(service, virtual)).map(({ key }) => key);
  return book.restore(await rows.listeners(), wanted);
}
