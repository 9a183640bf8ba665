import type { AttributeInput, AttributeInputs } from '../json/membership-input.js';
import type { Attribute } from '../model/device.js';

/** What changes of one attribute; `after` absent = deleted. */
export interface AttributeChange {
  readonly key: string;
  readonly after?: Attribute;
}

/**
 * What a message does to the attributes (devicetwin.md §7.2). With `whole`
 * the message lists all there are: the others are deleted.
 */
export function planAttributes(
  attributes: ReadonlyMap<string, Attribute>,
  inputs: AttributeInputs,
  { whole }: { readonly whole: boolean },
): readonly AttributeChange[] {
  const changes: AttributeChange[] = [];
  for (const [key, input] of inputs) {
    const before = attributes.get(key);
    if (input === null) {
      if (before && (whole || before.optional)) changes.push({ key });
    } else {
      const after = changed(before, input);
      if (after) changes.push({ key, after });
    }
  }
  if (whole) {
    for (const key of attributes.keys()) if (!inputs.has(key)) changes.push({ key });
  }
  return changes;
}

function changed(before: Attribute | undefined, input: AttributeInput): Attribute | undefined {
  const metadata = input.type === undefined ? (before?.metadata ?? '') : '{}';
  if (!before) {
    return {
      value: input.value ?? '',
      optional: input.optional ?? true,
      type: input.type || 'string',
      metadata,
    };
  }
  const after: Attribute = {
    value: input.value ?? before.value,
    optional: before.optional && input.optional !== false,
    type: input.type || before.type,
    metadata,
  };
  const same =
    after.value === before.value && after.optional === before.optional && after.type === before.type;
  return same ? undefined : after;
}
