import { errorText } from '@edgecore/api';
import { eventIdOf } from '../json/base-message.js';
import type { Draft } from '../lanes/draft.js';
import { lastOnlineText } from '../state/last-online.js';
import { statePayload } from '../state/payloads.js';
import { isAlive, isState, readStateUpdate } from '../state/state-input.js';
import { deviceTopic } from '../topics.js';
import { errorPayload } from '../twins/payloads.js';
import { Reason } from '../twins/validate.js';
import { answer, newEventId, type World } from '../world.js';
import type { LocalVerdict } from './local-update.js';
import type { DeviceOperation } from './operation.js';

/** `state/update` of a device, or its state over DMI (devicetwin.md §7.3). */
export class StateUpdateOperation implements DeviceOperation {
  constructor(
    private readonly world: World,
    private readonly id: string,
    private readonly content: unknown,
    private readonly settle: (verdict: LocalVerdict) => void,
  ) {}

  apply(draft: Draft): void {
    const state = this.#state();
    if (state === undefined) this.#refuse(draft, 400, Reason.malformed);
    else if (!isState(state)) this.#refuse(draft, 400, Reason.state);
    else if (!draft.device) this.#refuse(draft, 404, Reason.unknownDevice);
    else this.#take(draft, state);
  }

  failed(error: unknown): 'done' {
    const reason = errorText(error);
    const payload = errorPayload(eventIdOf(this.content), this.world.now(), 500, reason);
    void this.world.publish(deviceTopic(this.id, 'state/update/result'), payload);
    this.settle({ ok: false, code: 500, reason });
    return 'done';
  }

  #state(): string | undefined {
    try {
      return readStateUpdate(this.content).state;
    } catch {
      return undefined;
    }
  }

  #take(draft: Draft, state: string): void {
    const now = this.world.now();
    const { lastOnline } = draft.device!;
    draft.set({
      state,
      lastOnline: isAlive(state) ? lastOnlineText(now, this.world.link.profile) : lastOnline,
    });
    draft.marks.state = true;
    answer(draft, this.world, 'state/update/result', statePayload(newEventId(), now, draft.device!));
    draft.after(() => this.settle({ ok: true }));
  }

  #refuse(draft: Draft, code: 400 | 404, reason: string): void {
    const payload = errorPayload(eventIdOf(this.content), this.world.now(), code, reason);
    answer(draft, this.world, 'state/update/result', payload);
    draft.after(() => this.settle({ ok: false, code, reason }));
  }
}
