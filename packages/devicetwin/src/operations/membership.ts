import { errorText } from '@edgecore/api';
import type { DeviceInput } from '../json/membership-input.js';
import type { TwinInputs } from '../json/twin-input.js';
import type { Draft } from '../lanes/draft.js';
import { membershipUpdatedPayload } from '../membership/payloads.js';
import { announce, newEventId, type World } from '../world.js';
import { updateAttributes } from './attributes-update.js';
import type { DeviceOperation } from './operation.js';
import { syncTwins } from './sync-twins.js';

export interface AddOptions {
  /** From a membership message, which lists all attributes; today's device objects have none to list. */
  readonly whole: boolean;
  /** Wishes of a device object, when they are taken as `expected` (devicetwin.md §10.5). */
  readonly wishes?: TwinInputs;
}

/** A device of this node, new or said again (devicetwin.md §7.1). */
export class AddDeviceOperation implements DeviceOperation {
  constructor(
    private readonly world: World,
    private readonly device: DeviceInput,
    private readonly options: AddOptions,
  ) {}

  apply(draft: Draft): void {
    const { name, description, state, lastOnline, attributes, twins } = this.device;
    const { whole, wishes } = this.options;
    if (draft.device) {
      this.#rename(draft);
      if (whole) updateAttributes(draft, this.world, '', attributes ?? new Map(), { whole: true });
      this.#sync(draft, twins ?? wishes);
      return;
    }
    draft.create({ name, description, state, lastOnline });
    this.#sync(draft, twins ?? wishes);
    if (attributes) updateAttributes(draft, this.world, '', attributes, { whole: false });
    const payload = membershipUpdatedPayload(newEventId(), this.world.now(), { added: this.device });
    announce(draft, this.world, 'membership/updated', payload);
  }

  failed(error: unknown): 'retry' {
    this.world.log.warn(
      { device: this.device.id, error: errorText(error) },
      'a new device is not stored yet, it is tried again',
    );
    return 'retry';
  }

  #sync(draft: Draft, twins: TwinInputs | undefined): void {
    if (twins && twins.size > 0) syncTwins(draft, this.world, '', twins);
  }

  #rename(draft: Draft): void {
    const { name, description } = this.device;
    const known = draft.device!;
    if (name !== known.name || description !== known.description) draft.set({ name, description });
  }
}

/** A device that is no longer of this node; announced once its rows are gone. */
export class RemoveDeviceOperation implements DeviceOperation {
  constructor(
    private readonly world: World,
    private readonly device: DeviceInput,
  ) {}

  apply(draft: Draft): void {
    if (!draft.device) return;
    draft.remove();
    const payload = membershipUpdatedPayload(newEventId(), this.world.now(), { removed: this.device });
    announce(draft, this.world, 'membership/updated', payload);
  }

  failed(error: unknown): 'retry' {
    this.world.log.warn(
      { device: this.device.id, error: errorText(error) },
      'a device is not removed yet, it is tried again',
    );
    return 'retry';
  }
}
