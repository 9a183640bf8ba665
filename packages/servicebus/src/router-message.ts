import { CloudSource } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';

/** What a message of a router wants of this module. */
export type RouterMessage = 'call' | 'start' | 'stop';

/** `undefined`: not a router's message for this module, to be ignored (servicebus.md §2.1, §3). */
export function routerMessage({ source, operation, parentId }: Message): RouterMessage | undefined {
  if (parentId !== '') return undefined;
  if (source === CloudSource.routerRest) return 'call';
  if (source !== CloudSource.routerServicebus) return undefined;
  return operation === 'start' || operation === 'stop' ? operation : 'call';
}
