import { isLive, type Twin } from '../model/twin.js';
import type { Delta } from './delta.js';
import type { TwinChange } from './local.js';
import { sortedRecord, twinMessage, wholeTwin } from './twin-message.js';

/** Payloads of the twin topics, as JSON text (devicetwin.md §5). */

export function errorPayload(eventId: string, timestamp: number, code: number, reason: string): string {
  return JSON.stringify({ event_id: eventId, timestamp, code, reason });
}

/** What changed, with the sides that did; a deleted key is `null`. */
export function resultPayload(eventId: string, timestamp: number, changes: readonly TwinChange[]): string {
  const twin = sortedRecord(
    changes.map(
      ({ key, after, touched }) => [key, isLive(after) ? twinMessage(after, touched) : null] as const,
    ),
  );
  return JSON.stringify({ event_id: eventId, timestamp, twin });
}

/** Before and after of what changed; `undefined` when nothing did. */
export function documentPayload(
  eventId: string,
  timestamp: number,
  changes: readonly TwinChange[],
): string | undefined {
  const shown = changes.filter(({ before, after }) => isLive(before) || isLive(after));
  if (shown.length === 0) return undefined;
  const twin = sortedRecord(
    shown.map(
      ({ key, before, after }) => [key, { last: liveOrNull(before), current: liveOrNull(after) }] as const,
    ),
  );
  return JSON.stringify({ event_id: eventId, timestamp, twin });
}

function liveOrNull(twin: Twin | undefined) {
  return isLive(twin) ? wholeTwin(twin) : null;
}

export function deltaPayload(eventId: string, timestamp: number, { twins, values }: Delta): string {
  return JSON.stringify({
    event_id: eventId,
    timestamp,
    twin: sortedRecord(twins),
    delta: sortedRecord(values),
  });
}

/** All live twins. */
export function twinGetPayload(eventId: string, timestamp: number, twins: ReadonlyMap<string, Twin>): string {
  const live = [...twins]
    .filter(([, twin]) => isLive(twin))
    .map(([key, twin]) => [key, wholeTwin(twin)] as const);
  return JSON.stringify({ event_id: eventId, timestamp, twin: sortedRecord(live) });
}
