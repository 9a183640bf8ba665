import { errorText } from '@edgecore/api';
import type { TwinInputs } from '../json/twin-input.js';
import type { Draft } from '../lanes/draft.js';
import { type Conflict, planSync } from '../twins/sync.js';
import { reportedTwin, sortedRecord } from '../twins/twin-message.js';
import { cloudMessage, newEventId, type World } from '../world.js';
import { announceChanges } from './announce-changes.js';
import type { DeviceOperation } from './operation.js';

/** Takes what the cloud says of the twins of a device that is there (devicetwin.md §7.4, sync). */
export function syncTwins(draft: Draft, world: World, eventId: string, inputs: TwinInputs): void {
  const now = world.now();
  const { changes, conflicts, remembered } = planSync(draft.device!.twins, inputs, {
    now,
    expectedConflict: world.expectedConflict,
  });
  for (const [key, twin] of remembered) draft.remember(key, twin);
  for (const { key, after } of changes) draft.setTwin(key, after);
  world.metrics.count('edgecore_twin_updates_total', {
    from: 'cloud',
    result: conflicts.length === 0 ? 'taken' : 'refused',
  });
  announceChanges(draft, world, { eventId, now, changes });
  if (conflicts.length > 0) tellConflicts(draft, world, conflicts);
}

/** The cloud hears at once what holds here; not kept: a refusal implies a connection (§8.5). */
function tellConflicts(draft: Draft, world: World, conflicts: readonly Conflict[]): void {
  const message = cloudMessage(`device/${draft.id}/twin/edge_updated`, {
    event_id: newEventId(),
    timestamp: world.now(),
    twin: sortedRecord(conflicts.map(({ key, twin, sides }) => [key, reportedTwin(twin, sides)] as const)),
  });
  draft.after(() => world.tellCloud(message));
}

/** `twin/cloud_updated` (§8.1). */
export class CloudUpdateOperation implements DeviceOperation {
  constructor(
    private readonly world: World,
    private readonly id: string,
    private readonly eventId: string,
    private readonly inputs: TwinInputs,
  ) {}

  apply(draft: Draft): void {
    if (draft.device) syncTwins(draft, this.world, this.eventId, this.inputs);
    else
      this.world.log.debug({ device: this.id }, 'update of the cloud for a device this node does not have');
  }

  failed(error: unknown): 'retry' {
    this.world.log.warn(
      { device: this.id, error: errorText(error) },
      'an update of the cloud is not stored yet, it is tried again',
    );
    return 'retry';
  }
}
