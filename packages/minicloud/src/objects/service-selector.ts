import { isRecord } from '@edgecore/api';
import { namespaceOf, type StoredObject, specOf } from './stored-object.js';

/** Does this service choose pods by their labels? One without a selector has Endpoints somebody else makes. */
export function hasSelector(service: StoredObject): boolean {
  const { selector, type } = specOf(service);
  return type !== 'ExternalName' && isRecord(selector) && Object.keys(selector).length > 0;
}

/** Is it one of the service's pods? */
export function selectsPod(service: StoredObject, pod: StoredObject): boolean {
  if (!hasSelector(service) || namespaceOf(service) !== namespaceOf(pod)) return false;
  const labels = pod.metadata.labels ?? {};
  return Object.entries(specOf(service)['selector'] as object).every(([key, value]) => labels[key] === value);
}
