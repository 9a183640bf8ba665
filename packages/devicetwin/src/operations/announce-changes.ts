import type { Draft } from '../lanes/draft.js';
import { deltaOf } from '../twins/delta.js';
import type { TwinChange } from '../twins/local.js';
import { deltaPayload, documentPayload } from '../twins/payloads.js';
import { answer, newEventId, type World } from '../world.js';

/** Document of what changed and delta of the whole device, after every update (devicetwin.md §7.4, steps 3 and 4). */
export function announceChanges(
  draft: Draft,
  world: World,
  update: { readonly eventId: string; readonly now: number; readonly changes: readonly TwinChange[] },
): void {
  const { eventId, now, changes } = update;
  const document = documentPayload(eventId, now, changes);
  if (document !== undefined) answer(draft, world, 'twin/update/document', document);
  const delta = deltaOf(draft.device!.twins);
  if (delta) answer(draft, world, 'twin/update/delta', deltaPayload(newEventId(), now, delta));
}
