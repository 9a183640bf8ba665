import { eventIdOf, readMessage } from '../json/base-message.js';
import type { Draft } from '../lanes/draft.js';
import { errorPayload, twinGetPayload } from '../twins/payloads.js';
import { answer, type World } from '../world.js';
import type { DeviceOperation } from './operation.js';

/** `twin/get` (devicetwin.md §7.4): in the device's queue, so that it sees what was sent before it. */
export class TwinGetOperation implements DeviceOperation {
  constructor(
    private readonly world: World,
    private readonly content: unknown,
    private readonly settle: () => void,
  ) {}

  apply(draft: Draft): void {
    answer(draft, this.world, 'twin/get/result', this.#payload(draft));
    draft.after(this.settle);
  }

  /** Nothing of it is stored: it failed with what was in the batch before it, and is answered again. */
  failed(): 'retry' {
    return 'retry';
  }

  #payload({ id, device }: Draft): string {
    const now = this.world.now();
    let eventId: string;
    try {
      eventId = readMessage(this.content).eventId;
    } catch (error) {
      const reason = `Unmarshal twin info ${String(this.content)} failed , err: ${(error as Error).message}`;
      return errorPayload(eventIdOf(this.content), now, 400, reason);
    }
    return device
      ? twinGetPayload(eventId, now, device.twins)
      : errorPayload(eventId, now, 404, `Device ${id} not found while getting twin`);
  }
}
