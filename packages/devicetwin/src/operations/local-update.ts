import { errorText } from '@edgecore/api';
import { eventIdOf } from '../json/base-message.js';
import { readTwinUpdate, type TwinInputs } from '../json/twin-input.js';
import type { Draft } from '../lanes/draft.js';
import { deviceTopic } from '../topics.js';
import type { TwinChange } from '../twins/local.js';
import { planLocal } from '../twins/local.js';
import { errorPayload, resultPayload } from '../twins/payloads.js';
import { Reason, type Strictness } from '../twins/validate.js';
import { answer, type World } from '../world.js';
import { announceChanges } from './announce-changes.js';
import type { DeviceOperation } from './operation.js';

/** How one local update ended, for callers that do not listen on MQTT. */
export type LocalVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: 400 | 404 | 500; readonly reason: string };

interface Refusal {
  readonly code: 400 | 404;
  readonly reason: string;
}

interface LocalUpdate {
  readonly id: string;
  readonly eventId: string;
  readonly twins: TwinInputs | undefined;
  /** Given when the message could not be read. */
  readonly malformed?: boolean;
  readonly strictness: Strictness;
  /** Told once the update is on disk, or refused. */
  readonly settle: (verdict: LocalVerdict) => void;
}

/** `twin/update` of a device, or a report over DMI (devicetwin.md §7.4, local). */
export class LocalUpdateOperation implements DeviceOperation {
  /** A message of EventBus; whatever it holds, it has an answer. */
  static ofMessage(
    world: World,
    id: string,
    content: unknown,
    settle: (verdict: LocalVerdict) => void,
  ): LocalUpdateOperation {
    try {
      const { eventId, twins } = readTwinUpdate(content);
      return new LocalUpdateOperation(world, { id, eventId, twins, strictness: 'mqtt', settle });
    } catch {
      const update = {
        id,
        eventId: eventIdOf(content),
        twins: undefined,
        strictness: 'mqtt',
        settle,
      } as const;
      return new LocalUpdateOperation(world, { ...update, malformed: true });
    }
  }

  constructor(
    private readonly world: World,
    private readonly update: LocalUpdate,
  ) {}

  apply(draft: Draft): void {
    const now = this.world.now();
    const plan = this.#plan(draft, now);
    if ('reason' in plan) this.#refuse(draft, plan.code, plan.reason);
    else this.#take(draft, now, plan.changes);
  }

  failed(error: unknown): 'done' {
    const { id, eventId, settle } = this.update;
    const reason = errorText(error);
    this.world.metrics.count('edgecore_twin_updates_total', { from: 'device', result: 'failed' });
    const payload = errorPayload(eventId, this.world.now(), 500, reason);
    void this.world.publish(deviceTopic(id, 'twin/update/result'), payload);
    settle({ ok: false, code: 500, reason });
    return 'done';
  }

  #plan({ device }: Draft, now: number): Refusal | { readonly changes: readonly TwinChange[] } {
    const { twins, malformed, strictness } = this.update;
    if (malformed) return { code: 400, reason: Reason.malformed };
    if (!twins) return { code: 400, reason: Reason.noTwin };
    if (!device) return { code: 404, reason: Reason.unknownDevice };
    const outcome = planLocal(device.twins, twins, { now, strictness });
    return outcome.ok ? outcome : { code: 400, reason: outcome.reason };
  }

  #take(draft: Draft, now: number, changes: readonly TwinChange[]): void {
    const { eventId, settle } = this.update;
    for (const { key, after, touched } of changes) {
      draft.setTwin(key, after);
      draft.mark(key, touched);
    }
    this.world.metrics.count('edgecore_twin_updates_total', { from: 'device', result: 'taken' });
    answer(draft, this.world, 'twin/update/result', resultPayload(eventId, now, changes));
    announceChanges(draft, this.world, { eventId, now, changes });
    draft.after(() => settle({ ok: true }));
  }

  #refuse(draft: Draft, code: 400 | 404, reason: string): void {
    const { eventId, settle } = this.update;
    this.world.metrics.count('edgecore_twin_updates_total', { from: 'device', result: 'refused' });
    answer(draft, this.world, 'twin/update/result', errorPayload(eventId, this.world.now(), code, reason));
    draft.after(() => settle({ ok: false, code, reason }));
  }
}
