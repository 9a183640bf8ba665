import { errorText } from '@edgecore/api';
import { attributesPayload } from '../attributes/payload.js';
import { planAttributes } from '../attributes/plan.js';
import type { AttributeInputs } from '../json/membership-input.js';
import type { Draft } from '../lanes/draft.js';
import { answer, type World } from '../world.js';
import type { DeviceOperation } from './operation.js';

/** Changes the attributes of a device that is there and tells those who listen (devicetwin.md §7.2). */
export function updateAttributes(
  draft: Draft,
  world: World,
  eventId: string,
  inputs: AttributeInputs,
  options: { readonly whole: boolean },
): void {
  const changes = planAttributes(draft.device!.attributes, inputs, options);
  if (changes.length === 0) return;
  for (const { key, after } of changes) draft.setAttribute(key, after);
  answer(draft, world, 'updated', attributesPayload(eventId, world.now(), changes));
}

/** The cloud's `device/<id>`, operation `updated`. */
export class AttributesOperation implements DeviceOperation {
  constructor(
    private readonly world: World,
    private readonly id: string,
    private readonly eventId: string,
    private readonly inputs: AttributeInputs,
  ) {}

  apply(draft: Draft): void {
    if (draft.device) updateAttributes(draft, this.world, this.eventId, this.inputs, { whole: false });
    else this.world.log.debug({ device: this.id }, 'attributes for a device this node does not have');
  }

  failed(error: unknown): 'retry' {
    this.world.log.warn(
      { device: this.id, error: errorText(error) },
      'attributes are not stored yet, they are tried again',
    );
    return 'retry';
  }
}
